// Notifications on this device: the permission is asked when the button is pressed, never before.
const SCOPE = '/notifications/' // no page lies in it: the worker shows notifications, no more

const bytes = (text) => {
  const padded = text.replace(/-/g, '+').replace(/_/g, '/').padEnd(Math.ceil(text.length / 4) * 4, '=')
  return Uint8Array.from(atob(padded), (letter) => letter.charCodeAt(0))
}

const token = () => document.querySelector('[name=csrfmiddlewaretoken]')?.value ?? ''

async function send(url, body) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-CSRFToken': token() },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(answer.status)
}

async function sum(text) {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

const show = (box, name, on) => (box.querySelector(`[data-push-${name}]`).hidden = !on)
const say = (box, what) => (box.querySelector('[data-push-said]').textContent = box.dataset[what])
const again = () => {
  location.hash = 'push'
  location.reload() // the answers and the list of devices above are the server's
}

async function begin(box) {
  const known = await navigator.serviceWorker.getRegistration(SCOPE)
  const had = (await known?.pushManager.getSubscription()) ?? null
  // What the browser has and we no longer know is worth nothing: it can be begun anew.
  const on = had !== null && box.dataset.known.split(' ').includes(await sum(had.endpoint))
  if (!on && Notification.permission === 'denied') return say(box, 'denied')
  show(box, 'on', !on)
  show(box, 'off', on)
  if (on) say(box, 'isOn')
  box.querySelector('[data-push-on]').addEventListener('click', async () => {
    try {
      if ((await Notification.requestPermission()) !== 'granted') return say(box, 'refused')
      await had?.unsubscribe()
      await navigator.serviceWorker.register(box.dataset.worker, { scope: SCOPE })
      const worker = await active()
      const made = await worker.pushManager.subscribe({
        userVisibleOnly: true,
        applicationServerKey: bytes(box.dataset.push),
      })
      await send(box.dataset.subscribe, made.toJSON())
      again()
    } catch {
      say(box, 'failed')
    }
  })
  box.querySelector('[data-push-off]').addEventListener('click', async () => {
    try {
      await send(box.dataset.unsubscribe, { endpoint: had.endpoint })
      await had.unsubscribe()
      again()
    } catch {
      say(box, 'failed')
    }
  })
}

// `ready` waits for a worker whose scope holds this page; ours holds none.
async function active() {
  const found = await navigator.serviceWorker.getRegistration(SCOPE)
  const worker = found.active ?? found.waiting ?? found.installing
  if (worker.state !== 'activated') {
    await new Promise((done) =>
      worker.addEventListener('statechange', () => worker.state === 'activated' && done()),
    )
  }
  return found
}

const box = document.querySelector('[data-push]')
if (box) {
  const can = 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window
  if (can) begin(box).catch(() => say(box, 'failed'))
  else say(box, 'cannot')
}
