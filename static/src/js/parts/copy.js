/** `data-copy="text"` or `data-copy-from="#id"`: to the clipboard, said aloud, shown for 2 s. */
import { announce } from './announce.js'
import { text } from './text.js'

document.addEventListener('click', async (event) => {
  const button = event.target.closest?.('[data-copy], [data-copy-from]')
  if (!button) return
  const source = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom)
  await navigator.clipboard.writeText(source ? (source.value ?? source.textContent).trim() : button.dataset.copy)
  announce(text('copied'))
  const label = button.querySelector('[data-copy-label]')
  if (!label || label.dataset.was) return
  label.dataset.was = label.textContent
  label.textContent = text('copied')
  setTimeout(() => {
    label.textContent = label.dataset.was
    delete label.dataset.was
  }, 2000)
})
