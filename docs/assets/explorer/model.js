"use strict"
/* The layer, its classic mistakes and what they break: numbers alone, nothing of the page. */

globalThis.AffineModel = (() => {
  // The dimensions of each quantity, and the quantities it is computed from.
  const DIMENSIONS = { X: "nd", W: "dm", out: "nm", b: "1m", dX: "nd", dW: "dm", dout: "nm", db: "1m" }
  const SOURCES = { out: ["X", "W", "b"], dX: ["dout", "W"], dW: ["X", "dout"], db: ["dout"] }
  const INPUTS = ["X", "W", "b", "dout"]
  const GRADIENTS = ["dX", "dW", "db"]

  // A product of matrices that do not fit is null.
  const times = (a, b) => a[0].length === b.length
    ? a.map(row => b[0].map((_, j) => row.reduce((sum, v, k) => sum + v * b[k][j], 0))) : null
  const transpose = a => a[0].map((_, j) => a.map(row => row[j]))
  const columnSums = a => [a[0].map((_, j) => a.reduce((sum, row) => sum + row[j], 0))]
  const map = (a, change) => a && a.map((row, i) => row.map((v, j) => change(v, i, j)))
  const add = (a, b) => a && b && map(a, (v, i, j) => v + b[i][j])
  const reshape = (a, columns) => {
    const flat = a.flat()
    return a.flat().flatMap((_, at) => at % columns ? [] : [flat.slice(at, at + columns)])
  }
  const sameShape = (a, b) => a && b && a.length === b.length && a[0].length === b[0].length
  const equal = (a, b) => sameShape(a, b) && a.every((row, i) => row.every((v, j) => v === b[i][j]))

  const forward = ({ X, W, b }) => map(times(X, W), (v, i, j) => v + b[0][j])
  const right = ({ X, W, dout }) => ({
    dX: times(dout, transpose(W)), dW: times(transpose(X), dout), db: columnSums(dout),
  })

  // What each mistake, by its name in the catalogue, makes of the gradients.
  const MISTAKES = {
    "averaged-over-the-batch": p => {
      const { dX, dW, db } = right(p)
      return { dX, dW: map(dW, v => v / p.X.length), db: map(db, v => v / p.X.length) }
    },
    "not-summed-over-the-batch": p => ({ ...right(p), db: p.dout }),
    "transpose-missing": p => ({ ...right(p), dX: times(p.dout, p.W) }),
    "rows-stacked-for-columns": p => ({ ...right(p), dX: times(p.dout, reshape(p.W, p.W.length)) }),
    "result-transposed": p => ({ ...right(p), dW: transpose(right(p).dW) }),
    "masked": p => {
      const found = right(p)
      return { ...found, dX: map(found.dX, (v, i, j) => p.X[i][j] === 0 ? 0 : v) }
    },
    "activation-fused": p => {
      const out = forward(p)
      return right({ ...p, dout: map(p.dout, (v, i, j) => out[i][j] > 0 ? v : 0) })
    },
    "data-point-left-out": p => {
      const dout = p.dout.map((row, i) => i < p.X.length - 1 ? row : row.map(() => 0))
      return { ...right({ ...p, dout }), dX: right(p).dX }
    },
  }
  // The bias is a vector: what is left as a matrix has the wrong shape, also with one row.
  const MATRIX_FOR_A_VECTOR = new Set(["not-summed-over-the-batch"])
  const backward = (p, mistake) => (MISTAKES[mistake] || right)(p)

  /* The loss is the sum of dout · out: its derivative with respect to out is dout. */
  const loss = p => forward(p).flat().reduce((sum, v, at) => sum + v * p.dout.flat()[at], 0)

  /* The losses at one entry moved by 1 and by -1, by running the forward pass. */
  const moved = (p, name, i, j) => [1, -1].map(step =>
    loss({ ...p, [name]: map(p[name], (v, k, l) => k === i && l === j ? v + step : v) }))

  const central = (p, name, i, j) => {
    const [up, down] = moved(p, name, i, j)
    return (up - down) / 2
  }

  const rows = (p, from, to) => ({ ...p, X: p.X.slice(from, to), dout: p.dout.slice(from, to) })

  function splits(p, found, mistake) {
    if (p.X.length < 2) return true
    const [top, rest] = [backward(rows(p, 0, 1), mistake), backward(rows(p, 1), mistake)]
    return equal(top.dX && [...top.dX, ...rest.dX], found.dX)
      && equal(add(top.dW, rest.dW), found.dW)
      && sameShape(top.db, rest.db) && equal(add(top.db, rest.db), found.db)
  }

  // Whether each identity holds for these numbers.
  const IDENTITIES = {
    "dx": (p, found) => equal(found.dX, right(p).dX),
    "dw": (p, found) => equal(found.dW, right(p).dW),
    "db": (p, found) => equal(found.db, right(p).db),
    "finite-difference": (p, found) => GRADIENTS.every(name =>
      equal(found[name], map(p[name.slice(1)], (_, i, j) => central(p, name.slice(1), i, j)))),
    "batch-additivity": splits,
    "balance": (p, found) => found.dX && found.dW
      && equal(times(transpose(p.X), found.dX), times(found.dW, transpose(p.W))),
  }
  const broken = (p, mistake) => Object.keys(IDENTITIES)
    .filter(tag => !IDENTITIES[tag](p, backward(p, mistake), mistake))

  /* The entries that a mistake makes wrong; all of a result whose shape is wrong. */
  function wrong(p, mistake) {
    const [expected, found] = [right(p), backward(p, mistake)]
    return Object.fromEntries(GRADIENTS.map(name => [name, sameShape(found[name], expected[name])
      ? map(found[name], (v, i, j) => v !== expected[name][i][j])
      : map(found[name] || expected[name], () => true)]))
  }

  // ---------------------------------------------------------------- shapes that hide a mistake

  const LARGEST = 4, DRAWS = 16
  const CONDITIONS = {
    "N = 1": (n, d, m) => n === 1, "D = 1": (n, d, m) => d === 1, "M = 1": (n, d, m) => m === 1,
    "D = M": (n, d, m) => d === m, "N = M": (n, d, m) => n === m, "N = D": (n, d, m) => n === d,
  }

  function described(shapes) {
    if (!shapes.length) return "nowhere"
    if (shapes.length === LARGEST ** 3) return "everywhere"
    const inside = new Set(shapes.map(String))
    const fits = test => ALL.every(shape => test(...shape) === inside.has(String(shape)))
    const names = Object.keys(CONDITIONS)
    const pairs = names.flatMap((a, at) => names.slice(at + 1).map(b => [a, b]))
    const one = names.find(a => fits(CONDITIONS[a]))
    if (one) return `where ${one}`
    const either = pairs.find(([a, b]) => fits((...s) => CONDITIONS[a](...s) || CONDITIONS[b](...s)))
    if (either) return `where ${either.join(" or ")}`
    const both = pairs.find(([a, b]) => fits((...s) => CONDITIONS[a](...s) && CONDITIONS[b](...s)))
    return both ? `where ${both.join(" and ")}` : `at ${shapes.length} of the ${LARGEST ** 3} shapes`
  }

  const SIZES = Array.from({ length: LARGEST }, (_, at) => at + 1)
  const ALL = SIZES.flatMap(n => SIZES.flatMap(d => SIZES.map(m => [n, d, m])))

  /* Numbers that look random and are the same for every reader. */
  function dice(seed) {
    let state = seed
    return () => (state = (state * 48271) % 2147483647) % 5 - 2
  }

  function operands([n, d, m], next) {
    const matrix = (r, c) => Array.from({ length: r }, () => Array.from({ length: c }, next))
    return { X: matrix(n, d), W: matrix(d, m), b: matrix(1, m), dout: matrix(n, m) }
  }

  /* Try a mistake at all small shapes: where is nothing wrong, where is no shape wrong? */
  function hiding(mistake) {
    const next = dice(1)
    const silent = [], shapely = []
    for (const shape of ALL) {
      const cases = Array.from({ length: DRAWS }, () => operands(shape, next))
      const fits = p => !MATRIX_FOR_A_VECTOR.has(mistake) && GRADIENTS.every(name => sameShape(backward(p, mistake)[name], right(p)[name]))
      const same = p => GRADIENTS.every(name => equal(backward(p, mistake)[name], right(p)[name]))
      if (fits(cases[0])) shapely.push(shape)
      if (cases.every(same)) silent.push(shape)
    }
    return { silent: described(silent), shapely: described(shapely) }
  }

  return {
    DIMENSIONS, SOURCES, INPUTS, GRADIENTS, MISTAKES, LARGEST,
    forward, backward, moved, broken, wrong, hiding, dice,
  }
})()
