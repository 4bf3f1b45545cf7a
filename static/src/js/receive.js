// Receiving a purchase order: a scan adds one to its line, the difference is said at once.
import './till/scanner.js'
import { play } from './till/sounds.js'

const form = document.querySelector('[data-receive]')
const said = form.querySelector('[data-said]')
const rows = [...form.querySelectorAll('tr[data-codes]')]
const words = (text, values) => text.replace(/%\((\w+)\)s/g, (_whole, name) => values[name])
const units = (row) => row.querySelector('input[name^="units-"]')

function difference(row) {
  const ordered = Number(row.dataset.ordered)
  const off = Number(row.dataset.before) + (Number(units(row).value) || 0) - ordered
  const { complete, missing, over, none } = form.dataset
  const text = ordered === 0 ? none : off === 0 ? complete : words(off < 0 ? missing : over, { units: Math.abs(off) })
  row.querySelector('[data-difference]').textContent = text
}

/** A GTIN is the same with leading zeros. */
const same = (one, other) => one.toUpperCase() === other.toUpperCase() || (/^\d{8,14}$/.test(one) && /^\d{8,14}$/.test(other) && Number(one) === Number(other))

function add(code) {
  const row = rows.find((one) => one.dataset.codes.split('|').some((known) => same(known, code)))
  for (const one of rows) delete one.dataset.hit
  if (row) {
    const field = units(row)
    field.value = (Number(field.value) || 0) + 1
    difference(row)
    row.dataset.hit = ''
    row.scrollIntoView({ block: 'nearest' })
    said.textContent = words(form.dataset.more, { sku: row.dataset.sku, units: field.value })
    play('good')
    return
  }
  stranger(code)
  said.textContent = words(form.dataset.unknown, { code })
  play('bad')
}

/** Write an unknown code where it can be kept by a choice, and count it there. */
function stranger(code) {
  const places = [...form.querySelectorAll('[data-stranger]')]
  const field = (row) => row.querySelector('input[name^="code-"]')
  const row = places.find((one) => same(field(one).value, code)) ?? places.find((one) => !field(one).value)
  if (!row) return
  form.querySelector('[data-strangers]').open = true
  field(row).value = code
  const count = row.querySelector('input[name^="more-"]')
  count.value = (Number(count.value) || 0) + 1
}

for (const row of rows) {
  units(row).addEventListener('input', () => difference(row))
  difference(row)
}
document.addEventListener('till:scan', (event) => add(event.detail.code))

const typed = form.querySelector('#scan')
typed.closest('[data-scan]').hidden = false
typed.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter') return
  event.preventDefault()
  if (typed.value.trim()) add(typed.value.trim())
  typed.value = ''
})
