/**
 * Native dialogs. `data-dialog-open="id"` on a button, or on a link to the page that does the
 * same without scripts; `data-dialog-close` inside. Esc and a press beside it close too. Focus
 * goes to the heading on opening and back to the opener on closing.
 */
const openers = new WeakMap()

document.addEventListener('click', (event) => {
  const opener = event.target.closest?.('[data-dialog-open]')
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialogOpen)
    if (!dialog?.showModal || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    openers.set(dialog, opener)
    if (!dialog.open) dialog.showModal()
    const heading = dialog.querySelector('h1, h2, h3')
    if (heading) {
      heading.tabIndex = -1
      heading.focus()
    }
    dialog.dispatchEvent(new CustomEvent('dialog:open', { bubbles: true })) // hx-trigger="dialog:open"
    return
  }
  const closer = event.target.closest?.('[data-dialog-close]')
  if (closer) closer.closest('dialog')?.close()
  else if (event.target.matches?.('dialog[open]')) event.target.close()
})

document.addEventListener(
  'close',
  ({ target }) => {
    const opener = openers.get(target)
    const place = opener?.isConnected ? opener : opener?.id && document.getElementById(opener.id)
    if (place) place.focus()
  },
  true,
)

// HX-Trigger: close-dialog
document.addEventListener('close-dialog', () => document.querySelector('dialog[open]')?.close())

// details[data-popover]: a menu that Esc or a press elsewhere closes.
document.addEventListener('click', (event) => {
  for (const menu of document.querySelectorAll('details[data-popover][open]')) {
    if (!menu.contains(event.target)) menu.open = false
  }
})
document.addEventListener('keydown', (event) => {
  const menu = event.key === 'Escape' && document.querySelector('details[data-popover][open]')
  if (!menu) return
  menu.open = false
  menu.querySelector('summary').focus()
})
