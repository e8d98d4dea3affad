// Search in a copy of the site on disk: a page under file:// may start no worker,
// so a hidden frame runs the worker's script in its place.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      frame.srcdoc = `<script src="${new URL(url, location.href)}"></script>`
      this.ready = new Promise((resolve) => {
        frame.onload = () => {
          const send = (data) => this.dispatchEvent(new MessageEvent("message", { data }))
          frame.contentWindow.postMessage = send
          resolve(frame.contentWindow)
        }
      })
      document.body.append(frame)
    }

    async postMessage(data) {
      const inside = await this.ready
      inside.dispatchEvent(new MessageEvent("message", { data }))
    }
  }
}
