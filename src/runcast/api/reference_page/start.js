// Shows the document that lies beside this page.
const script = document.currentScript;
window.addEventListener("load", () => {
  window.SwaggerUIBundle({
    url: script.dataset.url,
    dom_id: "#reference",
    deepLinking: true,
    displayRequestDuration: true,
    docExpansion: "none",
    filter: true,
    tryItOutEnabled: true,
    // Nothing is asked of other servers.
    validatorUrl: null,
  });
});
