/** A scan goes to the page's scan form, one after the other, and is answered by a sound (UX T3). */
import { announce } from '../parts/announce.js'
import { play } from './sounds.js'
import { count, tallies } from './tally.js'

const waiting = []
let busy = false

async function next() {
  if (busy || !waiting.length) return
  const form = document.querySelector('[data-scan-form]')
  const code = waiting.shift()
  if (!form) return play('bad')
  const field = form.querySelector('input:not([type="hidden"])')
  if (!form.matches('[hx-post]')) {
    field.value = code
    return form.requestSubmit()
  }
  busy = true
  const values = Object.fromEntries(new FormData(form))
  try {
    await htmx.ajax('POST', form.getAttribute('hx-post'), {
      source: form,
      target: form.getAttribute('hx-target'),
      swap: 'innerHTML',
      values: { ...values, [field.name]: code },
    })
  } catch {
    play('bad') // the banner says why; what was scanned is in it
  }
  busy = false
  next()
}

document.addEventListener('till:scan', ({ detail }) => {
  if (document.getElementById('scanner-test')) return
  if (tallies()) return count(detail.code)
  const code = document.getElementById('code') // the pick-up desk's own code field
  if (code) {
    code.value = detail.code
    return code.form.requestSubmit()
  }
  waiting.push(detail.code)
  next()
})

// "Pay" pressed while a scan is under way is about what was scanned too: it waits for the answer.
let paying = false
const underWay = () => busy || waiting.length > 0 || Boolean(document.querySelector('[data-scan-form].htmx-request'))

function payWhenScanned() {
  if (!paying || underWay()) return
  paying = false
  document.getElementById('pay')?.click()
}

// First in line: a press that waits is not yet sending.
document.addEventListener(
  'submit',
  (event) => {
    if (!event.target.querySelector('#pay') || !underWay()) return
    event.preventDefault()
    paying = true
  },
  true,
)

const scanned = (url) => /\/(scan|line)\/$/.test(url)

// A refusal is shown whatever its status: the sale goes on.
document.addEventListener('htmx:beforeSwap', ({ detail }) => {
  if (!detail.xhr.getResponseHeader('X-Refusal')) return
  detail.shouldSwap = true
  detail.isError = false
})

document.addEventListener('htmx:afterRequest', ({ detail }) => {
  if (detail.requestConfig.verb !== 'post' || !scanned(new URL(detail.requestConfig.path, location).pathname)) return
  const refused = Boolean(detail.xhr.getResponseHeader('X-Refusal'))
  const ok = detail.xhr.status >= 200 && detail.xhr.status < 300
  play(ok ? 'good' : 'bad')
  paying &&= ok // what was refused is read first
  setTimeout(payWhenScanned)
  const field = document.getElementById('scan')
  if (field && (ok || refused) && detail.elt.matches('[data-scan-form], form')) {
    if (field.value && ok) field.value = ''
    if (document.activeElement === document.body) field.focus({ preventScroll: true })
    if (refused && document.activeElement === field) field.select()
  }
  document.querySelector('.sale-row.is-added')?.scrollIntoView({ block: 'nearest' })
  if (refused) announce(document.getElementById('refusal')?.textContent.trim())
})
if (document.getElementById('refusal')) play('bad')
