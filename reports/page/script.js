// Only what makes the page handier: a filter of the counterexamples, and a button to copy a command.
'use strict';
const articles = [...document.querySelectorAll('article')];
const chosen = { strategy: '', property: '', environments: '' };
/** Of environments there may be several. */
const valuesOf = (article, name) =>
  name === 'environments' ? article.dataset[name].split(' ') : [article.dataset[name]];
const isShown = (article) =>
  Object.entries(chosen).every(([name, value]) => value === '' || valuesOf(article, name).includes(value));
function filter() {
  const isFiltered = Object.values(chosen).some((value) => value !== '');
  for (const article of articles) article.hidden = !isShown(article);
  for (const part of document.querySelectorAll('.cause, .others')) {
    part.hidden = !part.querySelector('article:not([hidden])');
    if (part.open !== undefined && isFiltered) part.open = true;
  }
}
function choice(name, label) {
  const values = new Set(articles.flatMap((article) => valuesOf(article, name)));
  const select = document.createElement('select');
  select.append(
    new Option('all', ''),
    ...[...values].toSorted((a, b) => a.localeCompare(b)).map((value) => new Option(value, value)),
  );
  select.addEventListener('change', () => {
    chosen[name] = select.value;
    filter();
  });
  select.setAttribute('aria-label', label);
  const field = document.createElement('label');
  field.append(`${label} `, select);
  return field;
}
async function copy(code, button) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = 'copied';
  } catch {
    getSelection().selectAllChildren(code); // To be copied by hand where the browser forbids it.
  }
}
function copyButton(code) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'copy';
  button.addEventListener('click', () => void copy(code, button));
  return button;
}
const form = document.getElementById('filter');
if (form) {
  form.append(
    choice('strategy', 'Strategy'),
    choice('property', 'Property'),
    choice('environments', 'Environment'),
  );
  form.hidden = false;
}
for (const code of document.querySelectorAll('.again code')) code.after(copyButton(code));
