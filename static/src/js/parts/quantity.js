/** `[data-qty]`: − and + beside a number field; the field's own `change` does the rest. */
function limits(box) {
  const input = box.querySelector('input')
  for (const button of box.querySelectorAll('[data-step]')) {
    const down = button.dataset.step < 0
    const end = down ? input.min : input.max
    const stop = end !== '' && (down ? +input.value <= +end : +input.value >= +end)
    if (stop) button.setAttribute('aria-disabled', 'true')
    else button.removeAttribute('aria-disabled')
  }
}

document.addEventListener('click', (event) => {
  const button = event.target.closest?.('[data-qty] [data-step]')
  if (!button) return
  const box = button.closest('[data-qty]')
  const input = box.querySelector('input')
  const before = input.value
  if (button.dataset.step < 0) input.stepDown()
  else input.stepUp()
  limits(box)
  if (input.value === before) return
  input.dispatchEvent(new Event('input', { bubbles: true }))
  input.dispatchEvent(new Event('change', { bubbles: true }))
})
document.addEventListener('input', (event) => {
  const box = event.target.closest?.('[data-qty]')
  if (box) limits(box)
})
