// The back office's pages come from a package: give them the landmarks and names that readers need.
const set = (selector, name, value) => {
  for (const element of document.querySelectorAll(selector)) element.setAttribute(name, value)
}

const mend = () => {
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
  }
}

addEventListener('load', () => {
  mend()
  setTimeout(mend, 500) // menus of the package are drawn late
})
