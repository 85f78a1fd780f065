/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The program's text, with the place of an error marked in it, and the
 * values that its directives have now.
 */
const text = document.getElementById('text');
const paint = document.getElementById('paint');
const problem = document.getElementById('problem');
const rows = document.querySelector('#directives tbody');

let span = null;

/* From a line and a column, both from 1, to a place in the text. */
function place(line, column) {
    const lines = text.value.split('\n');
    let at = 0;
    for (let i = 0; i < Math.min(line - 1, lines.length); i++) at += lines[i].length + 1;
    /* columns count characters, and places halves of some */
    const before = [...(lines[line - 1] ?? '')].slice(0, Math.max(0, column - 1));
    return Math.min(text.value.length, at + before.join('').length);
}

function repaint() {
    paint.replaceChildren();
    if (span) {
        const from = place(span.line, span.column);
        const to = Math.max(from + 1, place(span.end_line ?? span.line, span.end_column ?? span.column + 1));
        const mark = document.createElement('mark');
        mark.textContent = text.value.slice(from, to) || ' ';
        paint.append(text.value.slice(0, from), mark, text.value.slice(to));
    }
    paint.scrollTop = text.scrollTop;
    paint.scrollLeft = text.scrollLeft;
}

text.addEventListener('input', () => {
    span = null;
    repaint();
});
text.addEventListener('scroll', repaint);
export const value = () => text.value;

export function set(program) {
    text.value = program;
    clear();
}

export function clear() {
    span = null;
    problem.hidden = true;
    text.removeAttribute('aria-invalid');
    repaint();
}

export function show_problem(p) {
    const where = p.span?.line ? `line ${p.span.line}: ` : '';
    problem.textContent = `${where}${p.message}${p.hint ? `\n${p.hint}` : ''}`;
    problem.hidden = false;
    span = p.span?.line ? p.span : null;
    if (span) text.setAttribute('aria-invalid', 'true');
    repaint();
}

function shown(v) {
    if (v === undefined) return '';
    if (typeof v === 'object' && v?.procedure) return v.procedure;
    const s = typeof v === 'string' ? v : JSON.stringify(v, (k, x) => (typeof x === 'number' ? +x.toPrecision(6) : x));
    return s.length > 60 ? `${s.slice(0, 59)}…` : s;
}

export function show_directives(list) {
    rows.replaceChildren(...list.map(d => {
        const tr = document.createElement('tr'), name = document.createElement('td'), v = document.createElement('td');
        name.textContent = d.name ?? (d.expression ?? d.directive).slice(0, 48);
        name.title = d.expression ?? '';
        v.textContent = shown(d.value);
        tr.append(name, v);
        return tr;
    }));
}
