/**
 * While sending, the pressed button says so and a second press does nothing (G6).
 *
 * The button is `aria-disabled`, not `disabled`, so that focus stays on it. It lifts before the
 * answer is swapped in, so the server stays idempotent. `data-busy="…"` names other words;
 * `data-busy=""` keeps the button's content (icon buttons always do).
 */
import { text } from './text.js'

const kept = new Map()

export function hold(button) {
  if (!button || kept.has(button)) return
  const quiet = button.dataset.busy === '' || !button.innerText.trim()
  kept.set(button, { nodes: quiet ? null : [...button.childNodes], was: button.getAttribute('aria-disabled') })
  button.setAttribute('aria-disabled', 'true')
  if (quiet) return
  button.style.minWidth = `${button.offsetWidth}px`
  button.replaceChildren(Object.assign(document.createElement('span'), { className: 'loading loading-sm' }))
  button.append(' ', button.dataset.busy || text('sending'))
}

export function release(button) {
  const before = kept.get(button)
  if (!before) return
  kept.delete(button)
  if (before.nodes) button.replaceChildren(...before.nodes)
  button.removeAttribute('style')
  if (before.was === null) button.removeAttribute('aria-disabled')
  else button.setAttribute('aria-disabled', before.was)
}

const sending = new WeakMap() // form -> the button that holds it

function submitterOf(form, event) {
  return event?.submitter || form.querySelector('[type="submit"], button:not([type])')
}

// First in line: a press that must do nothing goes no further, to htmx neither.
document.addEventListener(
  'click',
  (event) => {
    if (!event.target.closest?.('[aria-disabled="true"]')) return
    event.preventDefault()
    event.stopImmediatePropagation()
  },
  true,
)
document.addEventListener(
  'submit',
  (event) => {
    if (!sending.has(event.target)) return
    event.preventDefault()
    event.stopImmediatePropagation()
  },
  true,
)

// Forms without htmx: the page leaves, or comes back through the back/forward cache.
document.addEventListener('submit', (event) => {
  const form = event.target
  if (event.defaultPrevented || form.method === 'dialog' || form.target === '_blank') return
  if (form.matches('[hx-post], [hx-get], [hx-put], [hx-patch], [hx-delete]')) return
  const button = submitterOf(form, event)
  if (form.method !== 'get') sending.set(form, button)
  if (form.method !== 'get') hold(button)
  setTimeout(() => finish(form), 20_000) // a download leaves the page in place
})

function finish(form) {
  release(sending.get(form))
  sending.delete(form)
}

window.addEventListener('pageshow', (event) => {
  if (!event.persisted) return
  for (const form of document.forms) finish(form)
})

// htmx
const holding = new WeakMap() // xhr -> [form, button]
document.addEventListener('htmx:beforeRequest', ({ detail }) => {
  const { elt, xhr, target, requestConfig } = detail
  if (!elt.closest('[data-quiet]')) target?.setAttribute('aria-busy', 'true')
  if (requestConfig.verb === 'get') return
  const form = elt.matches('form') ? elt : null
  const button = form ? submitterOf(form, requestConfig.triggeringEvent) : elt.matches('button, .btn') ? elt : null
  hold(button)
  if (form) sending.set(form, button)
  holding.set(xhr, [form, button])
})

function lift({ detail }) {
  detail.target?.removeAttribute?.('aria-busy')
  const [form, button] = holding.get(detail.xhr) || []
  holding.delete(detail.xhr)
  if (form) sending.delete(form)
  release(button)
}
for (const name of ['htmx:beforeOnLoad', 'htmx:afterRequest', 'htmx:sendError', 'htmx:sendAbort', 'htmx:timeout']) {
  document.addEventListener(name, lift)
}
