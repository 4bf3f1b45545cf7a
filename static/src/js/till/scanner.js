/**
 * A scanner is a keyboard that types fast. Whatever has focus, a burst is read as a code and
 * typed nowhere, and its Enter presses nothing (UX T1).
 *
 * Digits are read from `event.code`, so a scanner set to QWERTY works on an AZERTY host (T2); the
 * set-up page learns whether letters must be read that way too. The code goes out as a
 * `till:scan` event. What turns out to be a person typing fast is given back to the field.
 */
const KEY = 'till.scanner'
const SHORTEST = 4
export const facts = { layout: 'auto', prefix: '', suffix: 'Enter', gap: 50 }
try {
  Object.assign(facts, JSON.parse(localStorage.getItem(KEY) || '{}'))
} catch {
  // Nothing learnt yet, or storage refused.
}

export function learn(found) {
  Object.assign(facts, found)
  try {
    localStorage.setItem(KEY, JSON.stringify(facts))
  } catch {
    // It lasts as long as the page.
  }
}

const SIGNS = {
  Minus: '-_', Equal: '=+', BracketLeft: '[{', BracketRight: ']}', Backslash: '\\|', Semicolon: ';:',
  Quote: '\'"', Backquote: '`~', Comma: ',<', Period: '.>', Slash: '/?', Space: '  ',
}

/** What an American keyboard types with this key. */
function american({ code, shiftKey }) {
  if (/^Digit\d$/.test(code)) return shiftKey ? ')!@#$%^&*('[code[5]] : code[5]
  if (/^Numpad\d$/.test(code)) return code[6]
  if (/^Key[A-Z]$/.test(code)) return shiftKey ? code[3] : code[3].toLowerCase()
  return SIGNS[code]?.[shiftKey ? 1 : 0]
}

function character(event) {
  if (facts.layout === 'american') return american(event) ?? event.key
  if (/^\d$/.test(event.key)) return event.key
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)
  return digit ? digit[1] : event.key
}

let burst = [] // {read, typed, american, at}
let before = null // the field as it was before the first character
let timer

const field = (element) => element?.matches?.('input:not([type="checkbox"], [type="radio"]), textarea')

function remember() {
  const element = document.activeElement
  before = field(element) ? { element, value: element.value, at: place(element) } : null
}

function place(element) {
  try {
    return element.selectionStart
  } catch {
    return null
  }
}

/** The first character was typed before anyone could know: take it out again. */
function takeBack() {
  if (!before || before.element.value === before.value) return
  before.element.value = before.value
  if (before.at !== null) before.element.setSelectionRange?.(before.at, before.at)
}

/** A person after all: what was held back is typed where it was meant. */
function giveBack() {
  const held = burst.map((one) => one.typed).join('')
  const meant = before?.element
  const element = meant?.isConnected ? meant : meant?.id && document.getElementById(meant.id)
  burst = []
  if (!element || held.length < 2) return // one character was never held back
  const now = before.value
  const at = before.at ?? now.length
  element.value = now.slice(0, at) + held + now.slice(at)
  element.dispatchEvent(new Event('input', { bubbles: true }))
}

function done() {
  const keys = burst
  burst = []
  const read = keys.map((one) => one.read).join('')
  const gaps = keys.slice(1).map((one, i) => one.at - keys[i].at)
  document.dispatchEvent(
    new CustomEvent('till:scan', {
      detail: {
        code: read.startsWith(facts.prefix) ? read.slice(facts.prefix.length) : read,
        raw: read,
        american: keys.map((one) => one.american ?? '').join(''),
        typed: keys.map((one) => one.typed).join(''),
        gap: Math.round(gaps.reduce((sum, gap) => sum + gap, 0) / Math.max(1, gaps.length)),
      },
    }),
  )
}

function stop(event) {
  event.preventDefault()
  event.stopImmediatePropagation()
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
  if (event.repeat) return giveBack() // a key held down
  const now = event.timeStamp
  const fast = burst.length > 0 && now - burst.at(-1).at <= facts.gap
  clearTimeout(timer)
  if (event.key === 'Shift' || event.key === 'CapsLock' || event.key === 'AltGraph') {
    if (burst.length) timer = setTimeout(giveBack, facts.gap * 3)
    return
  }
  if (event.key === 'Enter' || event.key === 'Tab') {
    if (fast && burst.length >= SHORTEST) {
      stop(event)
      takeBack()
      return done()
    }
    return giveBack()
  }
  if (event.key.length !== 1) return giveBack()
  if (!fast) {
    giveBack()
    remember()
    burst = [{ read: character(event), typed: event.key, american: american(event), at: now }]
    timer = setTimeout(giveBack, facts.gap * 3)
    return
  }
  stop(event)
  if (burst.length === 1) takeBack()
  burst.push({ read: character(event), typed: event.key, american: american(event), at: now })
  timer = setTimeout(() => (burst.length >= 8 ? done() : giveBack()), facts.gap * 3)
}
window.addEventListener('keydown', onKey, true)
