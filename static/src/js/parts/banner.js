/**
 * The banner for what failed on the way: no network, too long, refused, broken (G7, G9).
 *
 * What was typed stays. "Retry" sends the same request again; `data-safe="…"` on the form or
 * button adds what is already saved. `data-quiet` keeps background requests silent.
 */
import { announce } from './announce.js'
import { text } from './text.js'

const banner = document.getElementById('banner')
const word = banner?.querySelector('[data-banner-text]')
const retry = banner?.querySelector('[data-retry]')
let again = null

function show(sentence, action, safe = '') {
  if (!banner) return
  word.textContent = safe ? `${sentence} ${safe}` : sentence
  retry.hidden = !action
  again = action
  banner.hidden = false
  announce(word.textContent)
}

function hide() {
  if (banner) banner.hidden = true
  again = null
}

function repeat(detail) {
  const { elt, triggeringEvent, path, verb } = detail.requestConfig
  return () => {
    if (!elt.isConnected) return location.reload()
    if (elt.matches('form')) {
      const button = triggeringEvent?.submitter
      return elt.requestSubmit(button?.isConnected ? button : undefined)
    }
    if (triggeringEvent?.type === 'click') return elt.click()
    htmx.ajax(verb, path, { source: elt, target: detail.target, values: detail.requestConfig.parameters })
  }
}

function failed(event, name) {
  const { elt } = event.detail
  if (elt.closest('[data-quiet]')) return
  const safe = elt.closest('[data-safe]')?.dataset.safe ?? ''
  show(text(name), repeat(event.detail), safe)
}

document.addEventListener('htmx:sendError', (event) => failed(event, navigator.onLine ? 'unreachable' : 'offline'))
document.addEventListener('htmx:timeout', (event) => failed(event, 'timeout'))
document.addEventListener('htmx:responseError', (event) => {
  const { status } = event.detail.xhr
  const name = { 401: 'expired', 403: 'expired', 404: 'gone', 410: 'gone', 429: 'slowDown' }[status]
  if (name === 'expired' || name === 'gone') {
    if (!event.detail.elt.closest('[data-quiet]')) show(text(name), () => location.reload())
  } else failed(event, name ?? 'broken')
})
document.addEventListener('htmx:afterRequest', (event) => event.detail.successful && !event.detail.elt.closest('[data-quiet]') && hide())

// A plain form pressed while offline keeps the page and what was typed.
document.addEventListener(
  'submit',
  (event) => {
    if (navigator.onLine || event.target.method === 'dialog') return
    event.preventDefault()
    event.stopImmediatePropagation()
    const { target, submitter } = event
    show(text('offline'), () => target.requestSubmit(submitter), target.dataset.safe)
  },
  true,
)

banner?.addEventListener('click', (event) => {
  if (event.target.closest('[data-dismiss]')) hide()
  if (event.target.closest('[data-retry]')) {
    const action = again
    hide()
    action?.()
  }
})

function network() {
  const online = navigator.onLine
  for (const sign of document.querySelectorAll('[data-network]')) {
    sign.querySelector('[data-online]').hidden = !online
    sign.querySelector('[data-offline]').hidden = online
  }
  if (online && banner && !banner.hidden && word.textContent.startsWith(text('offline'))) show(text('online'), again)
  if (!online) show(text('offline'), null)
}
window.addEventListener('online', network)
window.addEventListener('offline', network)
if (!navigator.onLine) network()
