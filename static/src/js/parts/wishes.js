/**
 * Hearts. The header, fetched beside each page, says which products are on the shopper's lists
 * (`[data-wished]`, slugs); a press on a heart answers with `wish-changed`.
 */
function show(heart, wanted) {
  heart.classList.toggle('is-wished', wanted)
  heart.setAttribute('aria-label', wanted ? heart.dataset.labelWished : heart.dataset.label)
}

function mark(root) {
  const slugs = document.querySelector('[data-wished]')?.dataset.wished
  if (slugs === undefined) return
  const known = new Set(slugs.split(' '))
  for (const heart of root.querySelectorAll('[data-wish]')) show(heart, known.has(heart.dataset.wish))
}

document.addEventListener('htmx:afterSettle', () => mark(document))

document.addEventListener('wish-changed', ({ detail }) => {
  const said = document.querySelector('[data-wished]')
  if (said) {
    const known = new Set(said.dataset.wished.split(' ').filter(Boolean))
    known[detail.wanted ? 'add' : 'delete'](detail.slug)
    said.dataset.wished = [...known].join(' ')
  }
  for (const heart of document.querySelectorAll(`[data-wish="${detail.slug}"]`)) show(heart, detail.wanted)
})
