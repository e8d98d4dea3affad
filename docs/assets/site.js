// Copies an equation as TeX or MathML, and citations; says what a symbol means where one points at
// it; lets the keyboard reach equations that scroll; takes what is searched for literally. Everything
// else works without a script.

// Neither attribute is HTML's on mathematics, so the pages hold them under names of their own.
for (const part of document.querySelectorAll("math [data-title]")) {
  part.setAttribute("title", part.dataset.title)
  if (part.dataset.intent) part.setAttribute("intent", part.dataset.intent)
}

// What was copied is said aloud as well: a live region has to be there before it speaks.
const said = document.createElement("p")
said.className = "equation-hidden"
said.setAttribute("role", "status")
document.body.append(said)

const copy = async (button, text, shown) => {
  const name = (button.dataset.name ??= button.textContent)
  try {
    await navigator.clipboard.writeText(text)
    button.textContent = "Copied"
  } catch {
    // A browser that refuses leaves the text selected, for the reader's own keys.
    if (shown) getSelection().selectAllChildren(shown)
    button.textContent = shown ? "Selected" : "Not copied"
  }
  said.textContent = `${button.textContent}: ${name}`
  setTimeout(() => { button.textContent = name }, 1500)
}

const bare = (math) => {
  const copied = math.cloneNode(true)
  for (const part of copied.querySelectorAll("[data-title]")) {
    for (const name of ["title", "data-title", "data-intent"]) part.removeAttribute(name)
  }
  return copied.innerHTML
}

const equation = (button) => {
  const block = button.closest(".equation")
  const parts = [...block.querySelectorAll(".equation-math math")].map(bare)
  const mathml = `<math display="block">${parts.join('<mspace width="2em"/>')}</math>`
  return { tex: block.dataset.tex, mathml }[button.dataset.copy]
}

document.addEventListener("click", (event) => {
  const button = event.target.closest(".equation-copy, .cite-copy")
  if (!button) return
  const record = button.closest("p")?.nextElementSibling
  if (button.matches(".cite-copy")) copy(button, record.textContent, record)
  else copy(button, equation(button))
})

// In the language of the search these are operators: with one, X^T dout would be no question.
document.querySelector("[data-md-component=search-query]")?.addEventListener("input", ({ target }) => {
  if (/[\^~:]/.test(target.value)) target.value = target.value.replace(/[\^~:]/g, " ")
})

const scrolling = ".equation-math, .display-math, .boxes-frame, .md-typeset p, .md-typeset__scrollwrap"
const reachable = () => {
  const frames = [...document.querySelectorAll(scrolling)]
  // All are measured before one changes, or the browser would lay the page out for each.
  const scrolls = frames.map((frame) => frame.scrollWidth > frame.clientWidth)
  frames.forEach((frame, at) => {
    if (scrolls[at]) frame.tabIndex = 0
    else frame.removeAttribute("tabindex")
  })
}
new ResizeObserver(reachable).observe(document.documentElement)
