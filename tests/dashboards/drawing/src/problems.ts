// What goes wrong in the page, kept in its DOM, where whoever opened it without a person can read it.

const found: string[] = [];
const place = document.createElement('script');
place.type = 'application/json';
place.id = 'problems';
place.textContent = '[]';
document.body.append(place);

function keep(problem: string) {
  found.push(problem);
  place.textContent = JSON.stringify(found).replaceAll('<', '\\u003c');
}

const told = console.error;
console.error = (...words: unknown[]) => {
  keep(words.map(String).join(' '));
  told(...words);
};
window.addEventListener('error', ({ message }) => keep(message));
window.addEventListener('unhandledrejection', ({ reason }) => keep(String(reason)));
