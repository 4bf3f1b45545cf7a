/**
 * Search suggestions. Markup: templates/_search.html; each `<li role="option" id data-href>` or
 * `data-value` comes from the server. ↓ ↑ move, Enter opens or fills, Esc closes.
 */
import { announce } from './announce.js'
import { text } from './text.js'

function wire(input) {
  const list = document.getElementById(input.dataset.suggestions)
  if (!list || input.role === 'combobox') return
  input.role = 'combobox'
  input.setAttribute('aria-autocomplete', 'list')
  input.setAttribute('aria-controls', list.id)
  input.setAttribute('aria-expanded', 'false')
  input.autocomplete = 'off'
  let at = -1
  const options = () => [...list.querySelectorAll('[role="option"]')]

  function show(open) {
    list.hidden = !open
    input.setAttribute('aria-expanded', String(open))
    if (!open) move(-1)
  }
  function move(to) {
    at = to
    for (const [i, option] of options().entries()) option.setAttribute('aria-selected', String(i === at))
    const option = options()[at]
    if (!option) return input.removeAttribute('aria-activedescendant')
    input.setAttribute('aria-activedescendant', option.id)
    option.scrollIntoView({ block: 'nearest' })
    announce(text('suggestion', { at: at + 1, of: options().length }))
  }
  function take(option) {
    if (option.dataset.href) return location.assign(option.dataset.href)
    input.value = option.dataset.value ?? option.textContent.trim()
    show(false)
    input.form.requestSubmit()
  }

  input.addEventListener('keydown', (event) => {
    const count = list.hidden ? 0 : options().length
    if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && options().length) {
      event.preventDefault()
      if (!count) show(true)
      const step = event.key === 'ArrowDown' ? 1 : -1
      const last = options().length
      move(at + step >= last ? -1 : at + step < -1 ? last - 1 : at + step) // −1 is the field itself
    } else if (event.key === 'Enter' && at >= 0) {
      event.preventDefault()
      take(options()[at])
    } else if (event.key === 'Escape' && count) {
      event.preventDefault()
      show(false)
    }
  })
  list.addEventListener('mousedown', (event) => event.preventDefault()) // focus stays in the field
  list.addEventListener('click', (event) => {
    const option = event.target.closest('[role="option"]')
    if (option) take(option)
  })
  list.addEventListener('htmx:afterSwap', () => {
    at = -1
    input.removeAttribute('aria-activedescendant')
    const count = options().length
    show(count > 0 && document.activeElement === input)
    if (count) announce(text(count === 1 ? 'oneSuggestion' : 'suggestions', { count }))
  })
  input.addEventListener('input', () => input.value.trim() || show(false))
  input.addEventListener('focus', () => options().length && input.value.trim() && show(true))
  input.addEventListener('blur', () => show(false))
}

document.querySelectorAll('[data-suggestions]').forEach(wire)
document.addEventListener('htmx:load', ({ detail }) => detail.elt.querySelectorAll?.('[data-suggestions]').forEach(wire))
