/**
 * Search results that were looked at are counted (omnishop/channels/storefront/searching.py).
 * Markup: `<div data-seen="the page's seal" data-seen-url>` around the results. A page that is
 * reloaded or come back to counts no more.
 */
const results = document.querySelector('[data-seen]')

function tell(more = {}) {
  const body = new URLSearchParams({ seal: results.dataset.seen, ...more })
  navigator.sendBeacon(results.dataset.seenUrl, body)
}

if (results) {
  if (performance.getEntriesByType('navigation')[0]?.type === 'navigate') tell()
  results.addEventListener('click', ({ target }) => target.closest('.tile a') && tell({ opened: 1 }))
}
