// Notifications on this device: the permission is asked when the button is pressed, never before.
const bytes = (text) => {
  const padded = text.replace(/-/g, '+').replace(/_/g, '/').padEnd(Math.ceil(text.length / 4) * 4, '=')
  return Uint8Array.from(atob(padded), (letter) => letter.charCodeAt(0))
}

const send = (url, body) =>
  fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-CSRFToken': token() },
    body: JSON.stringify(body),
  })

const token = () => document.querySelector('[name=csrfmiddlewaretoken]')?.value ?? ''

async function begin(box) {
  const on = box.querySelector('[data-push-on]')
  const off = box.querySelector('[data-push-off]')
  const said = box.querySelector('[data-push-said]')
  const known = await navigator.serviceWorker.getRegistration('/')
  let subscription = (await known?.pushManager.getSubscription()) ?? null
  const show = () => {
    on.hidden = subscription !== null
    off.hidden = subscription === null
    said.textContent = subscription ? said.dataset.on : ''
  }
  box.hidden = false
  show()
  on.addEventListener('click', async () => {
    try {
      const worker = await navigator.serviceWorker.register(box.dataset.worker, { scope: '/' })
      subscription = await worker.pushManager.subscribe({
        userVisibleOnly: true,
        applicationServerKey: bytes(box.dataset.push),
      })
      const name = navigator.userAgentData?.platform ?? navigator.platform ?? ''
      const answer = await send(box.dataset.subscribe, { ...subscription.toJSON(), name })
      if (!answer.ok) throw new Error(answer.status)
      show()
      off.focus()
    } catch {
      subscription = null
      show()
      said.textContent = said.dataset.refused
    }
  })
  off.addEventListener('click', async () => {
    await send(box.dataset.unsubscribe, { endpoint: subscription.endpoint })
    await subscription.unsubscribe()
    subscription = null
    show()
    on.focus()
  })
}

const box = document.querySelector('[data-push]')
if (box && 'serviceWorker' in navigator && 'PushManager' in window) begin(box)
