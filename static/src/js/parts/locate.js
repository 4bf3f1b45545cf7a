/**
 * "Near me", on a press only: `data-geolocate="#form"` fills that form's `lat` and `lon` and
 * submits it. A refusal is said in `[data-geolocate-error]` of the form.
 */
import { announce } from './announce.js'
import { hold, release } from './sending.js'
import { text } from './text.js'

document.addEventListener('click', (event) => {
  const button = event.target.closest?.('[data-geolocate]')
  if (!button) return
  const form = document.querySelector(button.dataset.geolocate) ?? button.form
  const place = form.querySelector('[data-geolocate-error]')
  const say = (sentence) => {
    release(button)
    if (place) place.textContent = sentence
    announce(sentence)
  }
  if (!navigator.geolocation) return say(text('noPosition'))
  hold(button)
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      say('')
      form.elements.lat.value = coords.latitude.toFixed(4) // about 10 m: enough for a shop
      form.elements.lon.value = coords.longitude.toFixed(4)
      form.requestSubmit()
    },
    (error) => say(text(error.code === error.PERMISSION_DENIED ? 'positionRefused' : 'noPosition')),
    { timeout: 10_000, maximumAge: 300_000 },
  )
})
