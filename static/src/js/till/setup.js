/** The set-up page learns from one scan of its test bar code (UX T2). */
import { announce } from '../parts/announce.js'
import { facts, learn } from './scanner.js'
import { play } from './sounds.js'

const test = document.getElementById('scanner-test')

function say(sentence, good) {
  const place = test.querySelector('[data-scanner-status] span:last-child, [data-scanner-status]')
  place.textContent = sentence
  test.dataset.result = good ? 'good' : 'bad'
  play(good ? 'good' : 'bad')
  announce(sentence)
}

if (test) {
  const told = test.querySelector('[data-scanner-facts]')
  const wanted = test.dataset.testCode
  document.addEventListener('till:scan', ({ detail }) => {
    const { raw, american, typed, gap } = detail
    const plain = typed.includes(wanted)
    const read = plain ? typed : american.includes(wanted) ? american : raw
    if (!read.includes(wanted)) return say(`${test.dataset.bad} ${read}`, false)
    learn({
      layout: plain ? 'auto' : 'american',
      prefix: read.slice(0, read.indexOf(wanted)),
      gap: Math.min(80, Math.max(40, gap * 4)),
    })
    say(plain ? test.dataset.good : `${test.dataset.good} ${test.dataset.layout}`, true)
    told.textContent = `${wanted} · ${gap} ms${facts.prefix ? ` · ${facts.prefix}` : ''}`
  })
  document.querySelector('[data-scanner-reset]')?.addEventListener('click', () => {
    learn({ layout: 'auto', prefix: '', gap: 50 })
    told.textContent = ''
  })
}
document.addEventListener('click', ({ target }) => {
  const button = target.closest?.('[data-sound]')
  if (button) play(button.dataset.sound)
})
