/**
 * Forms (G4, G5): the error summary takes focus on load and after a swap, its links land in the
 * field; `form[data-check]` is checked field by field on leaving, and a message goes once right.
 */
import { text } from './text.js'

function focusSummary(root) {
  const summary = root.querySelector?.('[data-error-summary]')
  if (!summary) return false
  summary.focus()
  return true
}

const prefix = () => `${text('errorPrefix')} `

function title(bad) {
  const plain = document.title.startsWith(prefix()) ? document.title.slice(prefix().length) : document.title
  document.title = bad ? prefix() + plain : plain
}

if (focusSummary(document)) title(true)
document.addEventListener('htmx:afterSettle', ({ detail }) => {
  if (detail.elt.closest('[data-quiet]')) return
  focusSummary(detail.elt)
  title(document.querySelector('[data-error-summary]') !== null)
})

document.addEventListener('click', (event) => {
  const link = event.target.closest?.('[data-error-summary] a[href^="#"]')
  const target = link && document.getElementById(link.hash.slice(1))
  if (!target) return
  const control = target.matches('input, select, textarea, button') ? target : target.querySelector('input, select, textarea, button')
  if (!control) return
  event.preventDefault()
  control.focus({ preventScroll: true })
  const reduced = matchMedia('(prefers-reduced-motion: reduce)').matches
  ;(control.closest('.field') ?? control).scrollIntoView({ block: 'center', behavior: reduced ? 'auto' : 'smooth' })
})

function problem(control) {
  const { validity } = control
  if (validity.valid) return ''
  if (validity.valueMissing) return control.dataset.missing || text(control.matches('select, [type=radio], [type=checkbox]') ? 'choose' : 'missing')
  if (validity.typeMismatch && control.type === 'email') return text('email')
  if (validity.patternMismatch) return control.title || text('pattern')
  if (validity.tooShort) return text('tooShort', { count: control.minLength })
  if (validity.rangeUnderflow) return text('tooSmall', { count: control.min })
  if (validity.rangeOverflow) return text('tooBig', { count: control.max })
  return control.title || text('pattern')
}

function mark(control, sentence) {
  const field = control.closest('.field')
  if (!field || !control.id) return
  const id = `${control.id}_error`
  let note = document.getElementById(id)
  if (!sentence) {
    note?.remove()
    field.classList.remove('has-error')
    control.removeAttribute('aria-invalid')
    describe(control, id, false)
    return
  }
  if (!note) {
    note = Object.assign(document.createElement('p'), { id, className: 'field-error' })
    const anchor = control.closest('.input-affix') ?? control
    if (field.matches('.field-check')) field.append(note)
    else anchor.before(note)
  }
  note.textContent = sentence
  field.classList.add('has-error')
  control.setAttribute('aria-invalid', 'true')
  describe(control, id, true)
}

function describe(control, id, on) {
  const ids = (control.getAttribute('aria-describedby') || '').split(' ').filter((word) => word && word !== id)
  if (on) ids.push(id)
  if (ids.length) control.setAttribute('aria-describedby', ids.join(' '))
  else control.removeAttribute('aria-describedby')
}

const checked = (control) => control.form?.matches?.('[data-check]') && control.willValidate && control.type !== 'radio'

function check(target) {
  if (!checked(target) || (target.value === '' && target.getAttribute('aria-invalid') !== 'true')) return
  const sentence = problem(target)
  if (sentence) mark(target, sentence)
}

// A message moves what lies below it: while a pointer is down it waits, or the press would miss.
let pressing = false
document.addEventListener('pointerdown', () => { pressing = true }, true)
for (const end of ['pointerup', 'pointercancel']) document.addEventListener(end, () => { pressing = false }, true)
document.addEventListener('focusout', ({ target }) => {
  if (!pressing) return check(target)
  const later = () => setTimeout(() => check(target))
  for (const end of ['click', 'pointercancel']) document.addEventListener(end, later, { capture: true, once: true })
})
document.addEventListener('input', ({ target }) => {
  if (checked(target) && target.getAttribute('aria-invalid') === 'true' && target.validity.valid) mark(target, '')
})

// The server says what is missing, in the page's own words; the browser's bubbles stay away.
function adopt(root) {
  for (const form of root.querySelectorAll?.('form[data-check]') ?? []) form.noValidate = true
}
adopt(document)
document.addEventListener('htmx:load', ({ detail }) => {
  if (detail.elt.matches?.('form[data-check]')) detail.elt.noValidate = true
  adopt(detail.elt)
})

// A page from a shared cache holds no token: the cookie's value goes with every htmx write.
const cookieToken = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1]
// Whoever presses before the header has come in would have none: the write waits for it.
document.addEventListener('htmx:confirm', (event) => {
  const { detail } = event
  const header = document.getElementById('header-personal')
  if (detail.verb === 'get' || cookieToken() || !header) return
  event.preventDefault()
  fetch(header.getAttribute('hx-get')).catch(() => {}).then(() => detail.issueRequest())
})
document.addEventListener('htmx:configRequest', ({ detail }) => {
  const token = cookieToken()
  if (token && detail.verb !== 'get' && !detail.parameters.has?.('csrfmiddlewaretoken')) detail.headers['X-CSRFToken'] = token
})

// data-autosubmit: a select or checkbox that applies at once (a "Show" button serves without scripts).
document.addEventListener('change', ({ target }) => {
  const form = target.closest?.('[data-autosubmit]') && target.form
  if (form && !form.matches('[hx-get], [hx-post]')) form.requestSubmit()
})
