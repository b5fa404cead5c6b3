// Ctrl+Enter sends the report; the button works once.

const form = document.getElementById("report");
form.addEventListener("keydown", (pressed) => {
  if (pressed.key === "Enter" && (pressed.ctrlKey || pressed.metaKey)) form.requestSubmit();
});
form.addEventListener("submit", () => {
  form.querySelector("button").disabled = true;
});
