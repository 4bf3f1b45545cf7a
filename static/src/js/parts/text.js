/** The page's own words for scripts, written by the server in its language (templates/base.html). */
const words = JSON.parse(document.getElementById('script-words')?.textContent || '{}')

/** The sentence `name` with its `{placeholders}` filled. */
export function text(name, values = {}) {
  return (words[name] ?? name).replace(/\{(\w+)\}/g, (_, key) => values[key])
}
