/**
 * `[data-tally="send-12"]`: each scan adds a unit to the line that has its code in
 * `data-tally-codes`. It counts on the phone, so it works in a stock room without a network, and
 * what was counted outlives a reload (UX K6, K9). The server gets the sums when the form is sent.
 */
import { announce } from '../parts/announce.js'
import { play } from './sounds.js'

const form = () => document.querySelector('[data-tally]')
const fields = () => [...form().querySelectorAll('[data-tally-codes] input')]

export const tallies = () => Boolean(form())

function keep() {
  const counted = Object.fromEntries(fields().map((field) => [field.name, field.value]))
  try {
    sessionStorage.setItem(`tally.${form().dataset.tally}`, JSON.stringify(counted))
  } catch {
    // Storage refused: it lasts as long as the page.
  }
}

function set(field, value) {
  field.value = value
  field.dispatchEvent(new Event('input', { bubbles: true }))
  field.dispatchEvent(new Event('change', { bubbles: true }))
}

function say(sentence, good) {
  const place = document.getElementById('tally-said')
  place.hidden = false
  place.textContent = sentence
  place.classList.toggle('alert-success', good)
  place.classList.toggle('alert-error', !good)
  play(good ? 'good' : 'bad')
  announce(sentence)
}

export function count(code) {
  const words = form().dataset
  const wanted = code.trim().toUpperCase()
  const lines = [...form().querySelectorAll('[data-tally-codes]')].filter((line) =>
    line.dataset.tallyCodes.toUpperCase().split(' ').includes(wanted),
  )
  if (!wanted || !lines.length) return say(`${code} ${words.tallyUnknown}`, false)
  const field = (line) => line.querySelector('input')
  const open = lines.find((line) => Number(field(line).value) < Number(field(line).max)) ?? lines[0]
  const name = open.querySelector('.font-semibold').textContent.trim()
  const [now, most] = [Number(field(open).value), Number(field(open).max)]
  if (now >= most) return say(`${name}: ${most} ${words.tallyOf} ${most}, ${words.tallyFull}`, false)
  set(field(open), now + 1)
  keep()
  open.scrollIntoView({ block: 'nearest' })
  say(`${name}: ${now + 1} ${words.tallyOf} ${most}`, true)
}

function restore() {
  if (!form() || form().dataset.tallyRestored) return
  form().dataset.tallyRestored = 'yes'
  try {
    const counted = JSON.parse(sessionStorage.getItem(`tally.${form().dataset.tally}`) || '{}')
    for (const field of fields()) if (counted[field.name] > 0) set(field, counted[field.name])
  } catch {
    // Nothing was kept.
  }
}

document.addEventListener('submit', (event) => {
  if (!event.target.matches('[data-tally-scan]')) return
  event.preventDefault()
  const field = event.target.elements.code
  count(field.value)
  field.value = ''
})
document.addEventListener('click', ({ target }) => {
  if (!target.closest?.('[data-tally-all]')) return
  for (const field of fields()) set(field, field.max)
  keep()
})
document.addEventListener('change', ({ target }) => {
  if (target.closest?.('[data-tally-codes]')) keep()
})
document.addEventListener('htmx:afterSwap', restore)
restore()
