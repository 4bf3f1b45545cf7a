/**
 * A row that goes hands its focus to its successor, else to the heading (G8).
 *
 * `data-focus-after="#heading"` on the list, `data-row` and a stable id on each row. The swap may
 * replace the row, the list or more.
 */
const HOLDS = 'a[href], button:not([disabled]), input:not([type="hidden"]), select, textarea, [tabindex]'
let leaving = null

document.addEventListener('htmx:beforeSwap', () => {
  const row = document.activeElement?.closest('[data-row]')
  const list = row?.closest('[data-focus-after]')
  if (!list) return // another part of the page, such as the header, may swap meanwhile
  const rows = [...list.querySelectorAll('[data-row]')]
  const at = rows.indexOf(row)
  const ids = [...rows.slice(at + 1), ...rows.slice(0, at).reverse()].map((other) => other.id)
  leaving = { id: row.id, ids, heading: list.dataset.focusAfter }
})

document.addEventListener('htmx:afterSettle', () => {
  if (!leaving || document.activeElement !== document.body) return
  const { id, ids, heading } = leaving
  leaving = null
  if (document.getElementById(id)) return
  const next = ids.map((other) => document.getElementById(other)).find(Boolean)
  const target = next?.querySelector(HOLDS) ?? document.querySelector(heading)
  if (target && !target.matches(HOLDS)) target.tabIndex = -1
  target?.focus()
})

// data-focus: an element of the answer that takes focus (a step's heading, a confirmation).
document.addEventListener('htmx:afterSettle', ({ detail }) => {
  const target = detail.elt.matches?.('[data-focus]') ? detail.elt : detail.elt.querySelector?.('[data-focus]')
  if (!target) return
  if (!target.matches(HOLDS)) target.tabIndex = -1
  target.focus()
})

// On arrival as well: after paying or withdrawing the next thing heard is what came of it.
if (!document.querySelector('[data-error-summary]')) document.querySelector('main [data-focus]')?.focus({ preventScroll: true })
