// Runs before the first paint: says that scripts work and applies a remembered theme.
document.documentElement.classList.add('js')
try {
  const theme = localStorage.getItem('theme')
  if (theme) document.documentElement.dataset.theme = theme
} catch {
  // Storage refused: the system's theme stays.
}
