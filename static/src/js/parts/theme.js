/** `[data-theme-set]`: omnilight, omnidark, or nothing to follow the system; remembered here. */
function paint() {
  const chosen = document.documentElement.dataset.theme || ''
  for (const button of document.querySelectorAll('[data-theme-set]')) {
    button.setAttribute('aria-pressed', String(button.dataset.themeSet === chosen))
  }
}

document.addEventListener('click', (event) => {
  const button = event.target.closest?.('[data-theme-set]')
  if (!button) return
  const theme = button.dataset.themeSet
  if (theme) document.documentElement.dataset.theme = theme
  else delete document.documentElement.dataset.theme
  try {
    if (theme) localStorage.setItem('theme', theme)
    else localStorage.removeItem('theme')
  } catch {
    // Storage refused: the choice lasts as long as the page.
  }
  paint()
})
paint()
