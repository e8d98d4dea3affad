"use strict"
/* What the explorer says: an entry's sum in numbers, where it goes, what a mistake breaks. */

globalThis.AffineWords = (() => {
  const { DIMENSIONS, SOURCES, moved } = AffineModel
  const STEPS = { entry: "one entry", point: "one data point", batch: "whole batch" }
  const SIDES = { n: "number of data points", d: "number of features", m: "number of outputs" }
  const ACCEPTED = "a whole number from −99 to 99"

  const shown = v => String(v).replace("-", "−")
  const factor = (v, first) => v < 0 && !first ? `(${shown(v)})` : shown(v)

  /* A number of an averaged gradient as a fraction: it has the batch as denominator. */
  function fraction(v, n) {
    if (Number.isInteger(v)) return shown(v)
    const [top, divisor] = [Math.round(v * n), (a, b) => b ? divisor(b, a % b) : a]
    const common = Math.abs(divisor(top, n))
    return `${shown(top / common)}/${n / common}`
  }

  const label = (name, i, j) => name.endsWith("b") ? `${name}[${j}]` : `${name}[${i},${j}]`

  /* The factors of each term of the sum that an entry is. */
  const TERMS = {
    out: (p, i, j) => [...p.X[i].map((v, d) => [v, p.W[d][j]]), [p.b[0][j]]],
    dX: (p, i, j) => p.dout[i].map((v, m) => [v, p.W[j][m]]),
    dW: (p, i, j) => p.X.map((row, n) => [row[i], p.dout[n][j]]),
    db: (p, i, j) => p.dout.map(row => [row[j]]),
  }

  function sum(p, name, i, j, wrong) {
    const terms = TERMS[name](p, i, j)
    const text = terms.map((one, at) => one.map((v, k) => factor(v, !at && !k)).join("·"))
    const value = terms.reduce((total, one) => total + one.reduce((a, b) => a * b), 0)
    return `${label(name, i, j)} ${wrong ? "should be" : "="} ${text.join(" + ")} = ${shown(value)}`
  }

  /* Part of a quantity: letters that are not fixed run over the whole side. */
  function part(name, fixed) {
    const at = [...DIMENSIONS[name]].filter(side => side !== "1").map(side => fixed[side] ?? ":")
    return at.every(one => one === ":") ? name : `${name}[${at.join(",")}]`
  }

  const list = names => names.length < 2 ? names[0] : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`

  function goes(name, fixed) {
    const users = Object.keys(SOURCES).filter(one => SOURCES[one].includes(name))
    const forwards = users.filter(one => one === "out").map(one => part(one, fixed))
    const backwards = users.filter(one => one !== "out").map(one => part(one, fixed))
    return [["forwards into", forwards], ["backwards into", backwards]]
      .filter(([, found]) => found.length).map(([way, found]) => `${way} ${list(found)}`).join(", and ")
  }

  const RULES = {
    out: f => `${part("out", f)} = ${part("X", f)} · W + b`,
    dX: f => `${part("dX", f)} = ${part("dout", f)} · Wᵀ`,
    dW: f => "n" in f ? `Data point ${f.n} adds ${part("X", f)}ᵀ · ${part("dout", f)} to dW: an outer product`
      : "dW = Xᵀ · dout: the sum of what the data points add",
    db: f => "n" in f ? `Data point ${f.n} adds ${part("dout", f)} to db`
      : "db = the sum of the rows of dout",
  }

  function says({ p, at: [name, i, j], step, fixed, wrong }) {
    if (name in SOURCES) return step === "entry" ? sum(p, name, i, j, wrong[name]?.[i][j]) : RULES[name](fixed)
    const whole = step === "entry" ? `${label(name, i, j)} = ${shown(p[name][i][j])}` : part(name, fixed)
    return `${whole} goes ${goes(name, fixed)}`
  }

  function difference({ p, at: [name, i, j], found }) {
    const variable = name.replace(/^d(?!out)/, "")
    if (!["X", "W", "b"].includes(variable)) return ""
    const [up, down] = moved(p, variable, i, j)
    const value = found[`d${variable}`]?.[i]?.[j]
    const equal = value === (up - down) / 2
    const said = value === undefined ? "has no such entry" : `is ${fraction(value, p.X.length)}`
    return `With L = Σ dout·out and ${label(variable, i, j)} moved by ±1: `
      + `(${shown(up)} − ${factor(down)})/2 = ${shown((up - down) / 2)}. `
      + `${label(`d${variable}`, i, j)} ${said}${equal ? ", exactly equal." : ": not equal."}`
  }

  return { STEPS, SIDES, ACCEPTED, shown, fraction, label, says, difference }
})()
