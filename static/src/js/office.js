// The back office's pages come from a package: give them the landmarks and names that readers need.
const set = (selector, name, value) => {
  for (const element of document.querySelectorAll(selector)) element.setAttribute(name, value)
}

// The column of boxes that take a row away has no heading.
const name = (column) => {
  const cell = column.closest('table')?.querySelector('td.delete[data-label]')
  if (!cell || column.textContent.trim()) return
  const words = document.createElement('span')
  words.className = 'office-heard'
  words.textContent = cell.dataset.label
  column.append(words)
}

const mend = () => {
  document.querySelectorAll('thead th:last-child').forEach(name)
  set('#page > #main', 'role', 'main')
  set('.simplebar-content-wrapper[role="region"]', 'role', 'group')
  set('#nav-sidebar-inner', 'aria-label', 'Omnishop')
  for (const tabs of document.querySelectorAll('nav#tabs-items')) {
    tabs.setAttribute('aria-label', tabs.textContent.trim().replace(/\s+/g, ' ').slice(0, 80))
  }
  for (const box of document.querySelectorAll('.select2-selection[role="combobox"]')) {
    const select = box.closest('.select2-container')?.previousElementSibling
    const label = select?.labels?.[0]
    if (!label) continue
    label.id ||= `${select.id}_label`
    box.setAttribute('aria-labelledby', `${label.id} ${box.getAttribute('aria-labelledby') ?? ''}`.trim())
    const shown = box.querySelector('.select2-selection__rendered[role="textbox"]')
    shown?.setAttribute('aria-labelledby', `${label.id} ${shown.id}`)
    const search = box.querySelector('.select2-search__field')
    search?.setAttribute('aria-label', label.textContent.trim())
    for (const part of box.querySelectorAll('ul.select2-selection__rendered, ul.select2-selection__rendered > li')) {
      part.setAttribute('role', 'none')
    }
  }
}

addEventListener('load', () => {
  mend()
  setTimeout(mend, 500) // menus of the package are drawn late
})
