{% load static %}// Shows what we send and opens its link. It takes part in no page: it has no "fetch".
self.addEventListener('push', (event) => {
  const said = event.data ? event.data.json() : {}
  if (!said.title) return
  event.waitUntil(
    self.registration.showNotification(said.title, {
      body: said.body, tag: said.tag, data: said.link, icon: '{% static "favicon.svg" %}',
    }),
  )
})
self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(self.clients.openWindow(event.notification.data || '/'))
})
