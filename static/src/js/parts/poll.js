/** `data-poll="/address"` on a part with an id: asked again while the page is visible, more slowly
 * while nothing comes (UX W6). The answer replaces it; 204 says that nothing is new. */
const QUICK = 8_000
const SLOW = 60_000
let wait = QUICK

async function ask() {
  const part = document.querySelector('[data-poll]')
  if (!part) return
  if (document.visibilityState === 'visible' && navigator.onLine) {
    const asked = part.dataset.poll
    await htmx.ajax('GET', asked, { source: part, target: part, swap: 'outerHTML' }).catch(() => {})
    const news = document.querySelector('[data-poll]')?.dataset.poll !== asked
    wait = news ? QUICK : Math.min(wait * 1.5, SLOW)
  }
  setTimeout(ask, wait)
}

if (document.querySelector('[data-poll]')) {
  setTimeout(ask, wait)
  document.addEventListener('visibilitychange', () => {
    wait = QUICK
  })
}
