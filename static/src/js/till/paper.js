/** `[data-print]`: the receipt on 80 mm paper, cut to its measured height (UX T16). */
const WIDTH = 80 // mm
const PIXELS = 96 / 25.4 // CSS pixels in a millimetre

document.addEventListener('click', ({ target }) => {
  if (!target.closest?.('[data-print]')) return
  const paper = document.getElementById('paper')
  const copy = paper.cloneNode(true)
  copy.removeAttribute('id')
  copy.style.cssText = 'display:block;position:absolute;left:-1000px;width:72mm;font:9pt/1.3 monospace'
  document.body.append(copy)
  const height = Math.ceil(copy.offsetHeight / PIXELS) + 12
  copy.remove()
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(`@page { size: ${WIDTH}mm ${height}mm; margin: 3mm }`)
  const others = document.adoptedStyleSheets
  document.adoptedStyleSheets = [...others, sheet]
  window.print()
  document.adoptedStyleSheets = others
})
