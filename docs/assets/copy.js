// Copies an equation as TeX or MathML, and lets the keyboard reach equations that scroll.
// Everything else on the site works without a script.
document.addEventListener("click", async (event) => {
  const button = event.target.closest(".equation-copy")
  if (!button) return
  const block = button.closest(".equation")
  const parts = [...block.querySelectorAll(".equation-math math")].map((part) => part.innerHTML)
  const mathml = `<math display="block">${parts.join('<mspace width="2em"/>')}</math>`
  const source = { tex: block.dataset.tex, mathml }
  const name = button.textContent
  await navigator.clipboard.writeText(source[button.dataset.copy])
  button.textContent = "Copied"
  setTimeout(() => { button.textContent = name }, 1500)
})

const scrolling = ".equation-math, .display-math, .boxes-frame, .md-typeset p, .md-typeset__scrollwrap"
const reachable = () => {
  for (const frame of document.querySelectorAll(scrolling)) {
    frame.toggleAttribute("tabindex", frame.scrollWidth > frame.clientWidth)
    if (frame.hasAttribute("tabindex")) frame.tabIndex = 0
  }
}
new ResizeObserver(reachable).observe(document.documentElement)
