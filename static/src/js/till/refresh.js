/** `data-refresh="/address"`: read again every half minute while visible and nobody is in it. */
import { play } from './sounds.js'

const part = document.querySelector('[data-refresh]')
const rows = () => part.querySelectorAll('li').length

if (part) {
  setInterval(async () => {
    const busy = part.querySelector('details[open]') || part.querySelector('input:focus')?.value
    if (document.visibilityState !== 'visible' || busy) return
    const before = rows()
    await htmx.ajax('GET', part.dataset.refresh, { source: part, target: part, swap: 'innerHTML' })
    if (rows() > before) play('good')
  }, 30_000)
}
