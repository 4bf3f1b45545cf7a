/** Speaks through the one polite live region (G8). */
let timer

export function announce(sentence) {
  const live = document.getElementById('live')
  if (!live || !sentence) return
  live.textContent = ''
  clearTimeout(timer)
  timer = setTimeout(() => (live.textContent = sentence), 60) // an emptied region repeats the same words
}

// HX-Trigger: {"announce": "Ajouté, 1 article"}
document.addEventListener('announce', (event) => announce(event.detail?.value ?? event.detail))

// A swapped element with data-announce is read; a toast always is.
document.addEventListener('htmx:afterSwap', (event) => {
  const root = event.detail.elt
  const found = root.matches?.('[data-announce]') ? root : root.querySelector?.('[data-announce]')
  if (found) announce(found.dataset.announce || found.textContent.trim().replace(/\s+/g, ' '))
})

const toasts = document.getElementById('toasts')
if (toasts) {
  const seen = new WeakSet()
  const settle = () => {
    for (const toast of toasts.children) {
      if (seen.has(toast)) continue
      seen.add(toast)
      announce(toast.querySelector('[data-toast-text]')?.textContent.trim())
      const leave = () => (toast.matches(':hover, :focus-within') ? setTimeout(leave, 3000) : toast.remove())
      setTimeout(leave, 8000)
    }
  }
  settle()
  new MutationObserver(settle).observe(toasts, { childList: true })
  toasts.addEventListener('click', (event) => {
    if (event.target.closest('[data-dismiss]')) event.target.closest('.toast-card').remove()
  })
}
