"use strict"
/* The explorer: eight matrices in which each entry shows where it comes from and goes to. */

class AffineExplorer extends HTMLElement {
  connectedCallback() {
    if (this.state) return
    this.data = JSON.parse(this.dataset.explorer)
    const { X, W, b, dout, at, step } = this.data
    this.state = { size: { n: X.length, d: W.length, m: b[0].length }, at, step, point: 0, mistake: "none" }
    this.numbers = this.room({ X, W, b, dout })
    this.restore(new URLSearchParams(location.search).get("view"))
    this.build()
    this.resized()
  }

  /* Numbers for the largest size, so that a matrix that shrinks and grows is the same again. */
  room(given) {
    const next = AffineModel.dice(3)
    const row = (name, i) => Array.from({ length: 8 }, (_, j) => {
      const drawn = next()
      return given[name][i]?.[j] ?? drawn
    })
    return Object.fromEntries(AffineModel.INPUTS.map(name =>
      [name, Array.from({ length: name === "b" ? 1 : 8 }, (_, i) => row(name, i))]))
  }

  length(side) {
    return side === "1" ? 1 : this.state.size[side]
  }

  shape(name) {
    return [...AffineModel.DIMENSIONS[name]].map(side => this.length(side))
  }

  // ------------------------------------------------------------------ the state in the address

  view() {
    const { size: { n, d, m }, at, step, point, mistake } = this.state
    const numbers = AffineModel.INPUTS.flatMap(name => this.p[name].flat())
    return [[n, d, m].join("."), at.join("."), `${step}.${point}`, mistake, numbers.join(".")].join("_")
  }

  restore(text) {
    const [, size, name, at, step, point, mistake, numbers] = text?.match(
      /^([1-8](?:\.[1-8]){2})_([XWb]|out|dout|d[XWb])\.([0-7]\.[0-7])_([a-z]+)\.([0-7])_([a-z-]+)_(-?\d{1,2}(?:\.-?\d{1,2})*)$/
    ) || []
    if (!Object.hasOwn(AffineWords.STEPS, step) || !Object.hasOwn(this.data.mistakes, mistake)) return
    const before = this.state.size
    const [n, d, m] = size.split(".").map(Number)
    this.state.size = { n, d, m }
    const given = numbers.split(".").map(Number)
    const shapes = AffineModel.INPUTS.map(one => this.shape(one))
    if (given.length !== shapes.reduce((sum, [rows, columns]) => sum + rows * columns, 0)) {
      this.state.size = before
      return
    }
    AffineModel.INPUTS.forEach((one, k) => {
      const [rows, columns] = shapes[k]
      for (let i = 0; i < rows; i++) this.numbers[one][i].splice(0, columns, ...given.splice(0, columns))
    })
    Object.assign(this.state, { at: [name, ...at.split(".").map(Number)], step, point: +point, mistake })
  }

  link() {
    const address = new URL(location.href)
    address.searchParams.set("view", this.view())
    address.hash = this.id
    return address
  }

  /* Browsers allow few changes of the address a second: wait for the hand to rest. */
  remember() {
    const address = this.link()
    clearTimeout(this.timer)
    this.timer = setTimeout(() => history.replaceState(null, "", address), 200)
  }

  // ------------------------------------------------------------------ building

  part(name) {
    return this.querySelector(`[data-part=${name}]`)
  }

  build() {
    const options = Object.entries(this.data.mistakes)
      .map(([key, says]) => `<option value="${key}">${says}</option>`).join("")
    const slider = ([side, says]) => `<label class="side-${side}">${side.toUpperCase()} <output></output>
      <input type="range" min="1" max="8" data-side="${side}" aria-label="${side.toUpperCase()}, ${says}"></label>`
    const steps = Object.entries(AffineWords.STEPS)
      .map(([key, says]) => `<button type="button" data-step="${key}">${says}</button>`).join("")
    this.innerHTML = `<figure class="explorer">
      <p class="explorer-how">Point at a number. In X, W, b and dout, change it: −99 to 99.</p>
      <div class="explorer-bar">${Object.entries(AffineWords.SIDES).map(slider).join("")}
        <span class="explorer-steps" role="group" aria-label="What is marked">${steps}</span></div>
      <div class="explorer-board" data-part="board"><div></div><div></div></div>
      <p class="explorer-says"><span data-part="says" aria-live="polite" aria-atomic="true"></span>
        <span data-part="by"></span></p>
      <p class="explorer-check" data-part="check"></p>
      <p class="explorer-legend" aria-hidden="true"><span>in focus</span> <span>comes from</span>
        <span>goes into</span> <span>wrong</span></p>
      <p class="explorer-bar"><label>Mistake <select data-part="mistake">${options}</select></label>
        <a data-part="link">Link to this view</a></p>
      <div class="explorer-broken" data-part="broken" aria-live="polite"></div></figure>`
    this.part("mistake").addEventListener("change", event => this.change({ mistake: event.target.value }))
    for (const button of this.querySelectorAll("[data-step]")) {
      button.addEventListener("click", () => this.change({ step: button.dataset.step }))
    }
    this.addEventListener("input", event => this.entered(event.target))
    for (const kind of ["pointermove", "focusin"]) {
      this.part("board").addEventListener(kind, event => this.pointed(event))
    }
    this.part("board").addEventListener("focusout", event => this.left(event.target))
    this.part("board").addEventListener("keydown", event => this.walked(event))
  }

  resized() {
    this.compute()
    this.tables ??= {}
    for (const name of Object.keys(AffineModel.DIMENSIONS)) {
      const table = this.table(name)
      if (this.tables[name] === table) continue
      const before = this.querySelector(`.of-${name}`)
      if (before) before.outerHTML = table
      else this.part("board").children[+name.startsWith("d")].insertAdjacentHTML("beforeend", table)
      this.tables[name] = table
    }
    this.cells = [...this.querySelectorAll(".explorer-board input")].map(input => ({
      input, name: input.dataset.name, i: +input.dataset.i, j: +input.dataset.j,
    }))
    this.draw()
  }

  table(name) {
    const sides = [...AffineModel.DIMENSIONS[name]].filter(side => side !== "1")
    const size = sides.map(side => `<span class="side-${side}">${side.toUpperCase()}</span>`).join("×")
    const spoken = sides.map(side => side.toUpperCase()).join(" by ")
    const editable = AffineModel.INPUTS.includes(name)
    const cell = (i, j) => `<td><input data-name="${name}" data-i="${i}" data-j="${j}" inputmode="numeric"
      autocomplete="off" tabindex="-1" ${editable ? 'maxlength="3"' : "readonly"}></td>`
    const rows = this.values(name).map((row, i) =>
      `<tr>${row.map((_, j) => cell(i, j)).join("")}</tr>`).join("")
    return `<div class="explorer-matrix of-${name}"><p class="explorer-name">
      <b>${name}</b> ${size}</p><table class="explorer-plain" role="grid" aria-label="${name}, ${spoken}">${rows}</table></div>`
  }

  // ------------------------------------------------------------------ what a hand does

  change(to) {
    this.show(to)
    this.remember()
  }

  /* What a pointer only passes over is shown, and not remembered. */
  show(to) {
    const rows = JSON.stringify(this.shapes)
    Object.assign(this.state, to)
    this.compute()
    if (JSON.stringify(this.shapes) === rows) this.draw()
    else this.resized()
  }

  entered(input) {
    const { side, name, i, j } = input.dataset
    if (side) return this.change({ size: { ...this.state.size, [side]: +input.value } })
    if (!name) return
    const valid = /^[-−]?\d{1,2}$/.test(input.value.trim())
    input.setAttribute("aria-invalid", !valid)
    if (!valid) return this.say("says", `A cell takes ${AffineWords.ACCEPTED}.`)
    this.numbers[name][i][j] = Number(input.value.trim().replace("−", "-"))
    this.change({ at: [name, +i, +j] })
  }

  pointed(event) {
    const { name, i, j } = event.target.dataset
    if (!name) return
    const passes = event.type === "pointermove"
    if (!passes) event.target.select()
    const [was, k, l] = this.state.at
    if (passes && was === name && k === +i && l === +j) return
    this[passes ? "show" : "change"]({ at: [name, +i, +j] })
  }

  left(input) {
    if (!input.hasAttribute("aria-invalid")) return
    input.removeAttribute("aria-invalid")
    this.draw()
  }

  walked(event) {
    const { name, i, j } = event.target.dataset
    const [down, across] = {
      ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
      Home: [0, -j], End: [0, 7],
    }[event.key] || []
    if (!name || down === undefined) return
    event.preventDefault()
    const [rows, columns] = [this.values(name).length, this.values(name)[0].length]
    const k = Math.max(0, Math.min(rows - 1, +i + down))
    const l = Math.max(0, Math.min(columns - 1, +j + across))
    this.querySelector(`[data-name=${name}][data-i="${k}"][data-j="${l}"]`).focus()
  }

  // ------------------------------------------------------------------ what is shown

  compute() {
    const { at: [name, i, j], mistake, step } = this.state
    this.p = Object.fromEntries(AffineModel.INPUTS.map(one => {
      const [rows, columns] = this.shape(one)
      return [one, this.numbers[one].slice(0, rows).map(row => row.slice(0, columns))]
    }))
    this.out = AffineModel.forward(this.p)
    this.found = AffineModel.backward(this.p, mistake)
    this.wrong = AffineModel.wrong(this.p, mistake)
    this.shapes = Object.keys(AffineModel.DIMENSIONS).map(one => {
      const values = this.values(one)
      return [values.length, values[0].length]
    })
    const [rows, columns] = this.shape(name)
    this.state.at = [name, Math.min(i, rows - 1), Math.min(j, columns - 1)]
    this.fixed = this.fixedBy(...this.state.at, step)
  }

  /* The indices that stay where they are; the others run along their whole side. */
  fixedBy(name, i, j, step) {
    const [row, column] = AffineModel.DIMENSIONS[name]
    // What all data points share is seen with the data point that was last in focus.
    this.state.point = row === "n" ? i : Math.min(this.state.point, this.state.size.n - 1)
    if (step !== "entry") return step === "point" ? { n: this.state.point } : {}
    return row === "1" ? { [column]: j } : { [row]: i, [column]: j }
  }

  values(name) {
    if (name === "out") return this.out
    if (name in this.p) return this.p[name]
    return this.found[name] || this.p[name.slice(1)].map(row => row.map(() => NaN))
  }

  mark({ name, i, j }) {
    const focus = this.state.at[0]
    const { SOURCES, DIMENSIONS } = AffineModel
    const kind = name === focus ? "self" : SOURCES[focus]?.includes(name) ? "from"
      : SOURCES[name]?.includes(focus) ? "to" : ""
    const [row, column] = DIMENSIONS[name]
    const agrees = (side, at) => (this.fixed[side] ?? at) === at
    return kind && agrees(row, i) && agrees(column, j) ? kind : ""
  }

  draw() {
    const { size, step, mistake, at } = this.state
    for (const cell of this.cells) this.drawCell(cell)
    for (const input of this.querySelectorAll("[data-side]")) {
      input.value = size[input.dataset.side]
      input.previousElementSibling.value = input.value
    }
    for (const button of this.querySelectorAll("[data-step]")) {
      button.setAttribute("aria-pressed", button.dataset.step === step)
    }
    const context = { p: this.p, at, step, fixed: this.fixed, found: this.found, wrong: this.wrong }
    this.say("says", AffineWords.says(context))
    this.put("by", (this.data.tags[step][at[0]] || []).map(tag => this.tag(tag)).join(" "))
    this.say("check", AffineWords.difference(context))
    this.part("mistake").value = mistake
    this.drawBroken()
    this.part("link").href = this.link()
  }

  say(name, text) {
    if (this.part(name).textContent !== text) this.part(name).textContent = text
  }

  put(name, html) {
    this.drawn ??= {}
    if (this.drawn[name] !== html) this.part(name).innerHTML = this.drawn[name] = html
  }

  tag(tag) {
    return `<a href="${this.data.root}/t/${tag}/index.html">(${tag})</a>`
  }

  drawCell(cell) {
    const { input, name, i, j } = cell
    const value = this.values(name)[i][j]
    const text = Number.isNaN(value) ? "?" : AffineWords.fraction(value, this.state.size.n)
    const [focus, k, l] = this.state.at
    const wrong = Boolean(this.wrong[name]?.[i][j])
    const tab = focus === name ? i === k && j === l : i === 0 && j === 0
    const look = [this.mark(cell), wrong, text, tab].join()
    if (cell.look === look && input.value === text) return
    cell.look = look
    if (!input.hasAttribute("aria-invalid") && Number(input.value.replace("−", "-") || NaN) !== value) input.value = text
    input.style.setProperty("--characters", text.length)
    input.dataset.mark = this.mark(cell)
    input.dataset.wrong = wrong
    input.tabIndex = tab ? 0 : -1
    input.setAttribute("aria-label", AffineWords.label(name, i, j) + (wrong ? ", wrong" : ""))
  }

  drawBroken() {
    const { mistake } = this.state
    const broken = mistake === "none" ? [] : AffineModel.broken(this.p, mistake)
    const count = Object.values(this.wrong).flat(2).filter(Boolean).length
    this.hiding ??= {}
    const { silent, shapely } = this.hiding[mistake] ??= mistake === "none" ? {} : AffineModel.hiding(mistake)
    const identity = tag => {
      const property = this.data.properties[tag]
      return `<li>${this.tag(tag)}, as <a href="${this.data.root}/p/${property}/index.html"><code>${property}</code></a> finds</li>`
    }
    this.put("broken", mistake === "none" ? "" : `<p>${count ? `${count} entries are wrong. It breaks`
      : "With these numbers nothing is wrong, so nothing breaks."}</p>
      <ul>${broken.map(identity).join("")}</ul>
      <p>It goes unnoticed ${silent} when values are compared, and ${shapely} when shapes alone are: tried
      with all N, D, M up to ${AffineModel.LARGEST}.</p>`)
  }
}

/* It is built once a reader comes near: what is far below does not hold up the page. */
new IntersectionObserver((entries, observer) => {
  if (!entries.some(entry => entry.isIntersecting)) return
  observer.disconnect()
  customElements.define("affine-explorer", AffineExplorer)
}, { rootMargin: "50%" }).observe(document.querySelector("affine-explorer"))
