/**
 * Shortcuts (UX script 5). `data-key="F9"` on a field takes focus, on anything else is pressed;
 * an open dialog has its own. ↑ ↓ choose a line, Del voids it, F6 gives a discount, F7 orders
 * it for the customer, ? lists them.
 */
import './scanner.js'

const LINE = '[data-line]'
const typing = (element) => element?.matches?.('input:not([type="checkbox"], [type="radio"]), textarea, select')

function lines() {
  return [...document.querySelectorAll(LINE)]
}
function chosen() {
  return document.activeElement?.closest?.(LINE) ?? lines().at(-1)
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
  const dialog = document.querySelector('dialog[open]')
  const here = document.activeElement
  if (event.key === '?' && !typing(here) && !dialog) {
    event.preventDefault()
    return document.getElementById('shortcuts-opener')?.click()
  }
  if (dialog) return
  if (event.key === 'F6' && chosen()) {
    event.preventDefault()
    return chosen().querySelector('[data-row-discount]')?.click()
  }
  if (event.key === 'F7' && chosen()) {
    event.preventDefault()
    return chosen().querySelector('[data-row-order]')?.click()
  }
  if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && lines().length && (!typing(here) || here.value === '')) {
    event.preventDefault()
    const all = lines()
    const at = all.indexOf(here?.closest?.(LINE))
    const down = event.key === 'ArrowDown'
    const to = at < 0 ? (down ? 0 : all.length - 1) : at + (down ? 1 : -1)
    return (all[to] ?? document.getElementById('scan'))?.focus()
  }
  if (event.key === 'Delete' && lines().length && (!typing(here) || here.value === '')) {
    event.preventDefault()
    return chosen().querySelector('[data-row-void]')?.click()
  }
  if (event.key === 'Escape' && here?.id === 'scan' && here.value) {
    here.value = ''
    return here.dispatchEvent(new Event('input', { bubbles: true }))
  }
  if (event.key === 'Escape' && here?.closest?.(LINE)) return document.getElementById('scan')?.focus()
  if (!/^(F\d+|Escape)$/.test(event.key)) return
  const target = document.querySelector(`[data-key="${event.key}"]`)
  if (!target) {
    if (/^F(1|2|3|4|6|7|8|9|10)$/.test(event.key)) event.preventDefault() // no browser search in its place
    return
  }
  event.preventDefault()
  if (!target.matches('input')) return target.click()
  target.focus()
  target.select()
})

document.querySelector('[data-focus-first]')?.focus()
document.addEventListener('click', ({ target }) => {
  const fill = target.closest?.('[data-fill]')
  if (fill) {
    const field = document.querySelector(fill.dataset.fill)
    field.value = fill.dataset.value
    field.focus()
  }
  const reveal = target.closest?.('[data-reveal]')
  if (reveal) document.querySelector(`${reveal.dataset.reveal} input:not([type="hidden"])`)?.focus()
})
