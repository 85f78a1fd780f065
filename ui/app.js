/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The display: which session and run are looked at, what the user asks for,
 * and when plots are drawn. Session and run stand in the address (#s=1&r=2),
 * so that a page that is loaded again goes on where it was.
 */
import * as api from './api.js';
import { compute } from './compute.js';
import { Draws } from './draws.js';
import * as editor from './editor.js';
import { chain_colour, forget_colours, short } from './look.js';
import { Energy, Forest, Overview, Pairs, Settling, say_empty } from './plots.js';
import { thinned } from './statistics.js';

const $ = id => document.getElementById(id);
const state = { session: null, run: null, draws: new Draws(), column: -1, board: 0, source: null, going: false, dirty: false };

/* ---- words --------------------------------------------------------------- */

function say(words, bad = false) {
    $('state').textContent = words;
    $('state').className = bad ? 'warn' : '';
}

async function guarded(what, show = p => say(p.message + (p.hint ? ` (${p.hint})` : ''), true)) {
    try {
        return await what();
    } catch (p) {
        if (!(p instanceof api.Problem)) throw p;
        show(p);
        return undefined;
    }
}

api.login.ask = () => new Promise(done => {
    const dialog = $('login');
    $('login-problem').textContent = '';
    dialog.showModal();
    dialog.onclose = async () => {
        try {
            await api.enter($('token').value);
            done(true);
        } catch (p) {
            $('login-problem').textContent = p.message;
            dialog.showModal();
        }
    };
});

function remember() {
    const hash = new URLSearchParams();
    if (state.session) hash.set('s', state.session);
    if (state.run) hash.set('r', state.run);
    history.replaceState(null, '', `#${hash}`);
}

/* ---- plots ---------------------------------------------------------------- */

/* Name, board, the server's picture that is most like it, of one parameter? */
const boards = [
    ['Overview', p => new Overview(p), 'trace', true],
    ['Pairs', p => new Pairs(p), 'pair', false],
    ['Forest', p => new Forest(p), 'forest', false],
    ['Settling', p => new Settling(p, { compute, again: () => { state.dirty = true; } }), 'rank', true],
    ['Energy', p => new Energy(p), 'energy', false],
];
let board = null;

function build_tabs() {
    boards.forEach(([name], i) => {
        const tab = document.createElement('button');
        tab.setAttribute('role', 'tab');
        tab.id = `tab-${i}`;
        tab.textContent = name;
        tab.setAttribute('aria-controls', 'plots');
        tab.onclick = () => choose_board(i);
        tab.onkeydown = e => {
            const step = { ArrowRight: 1, ArrowLeft: boards.length - 1 }[e.key];
            if (!step) return;
            choose_board((i + step) % boards.length);
            $(`tab-${state.board}`).focus();
        };
        $('tabs').append(tab);
    });
}

function choose_board(i) {
    state.board = i;
    boards.forEach((_, k) => {
        $(`tab-${k}`).setAttribute('aria-selected', k === i);
        $(`tab-${k}`).tabIndex = k === i ? 0 : -1;
    });
    $('plots').setAttribute('aria-labelledby', `tab-${i}`);
    board = null;
    state.dirty = true;
    point_at_picture();
}

function draw_board() {
    const draws = state.draws;
    if (!draws.count || state.column < 0) {
        if (board !== 'empty') {
            $('plots').replaceChildren();
            say_empty($('plots'));
            board = 'empty';
        }
        return;
    }
    if (!board || board === 'empty') {
        $('plots').replaceChildren();
        board = boards[state.board][1]($('plots'));
    }
    board.show(draws, state.column);
}

/* ---- the table of parameters ----------------------------------------------- */

const LOOKED_AT = 4000;  /* draws of a chain, for the table */
const rows = new Map(); /* column to {tr, cells, version} */
let turn = 0;

function build_rows() {
    const body = $('parameters').querySelector('tbody');
    const columns = state.draws.parameters().slice(0, 400);
    rows.clear();
    body.replaceChildren(...columns.map(column => {
        const tr = document.createElement('tr'), cells = Array.from({ length: 5 }, () => document.createElement('td'));
        cells[0].textContent = cells[0].title = state.draws.columns[column].name;
        tr.append(...cells);
        tr.tabIndex = 0;
        tr.onclick = () => choose_column(column);
        tr.onkeydown = e => {
            if (e.key === 'Enter' || e.key === ' ') {
                e.preventDefault();
                choose_column(column);
            }
        };
        rows.set(column, { tr, cells, version: -1 });
        return tr;
    }));
    if (!rows.has(state.column)) state.column = columns[0] ?? -1;
    choose_column(state.column);
}

function choose_column(column) {
    state.column = column;
    state.dirty = true;
    point_at_picture();
    for (const [c, { tr }] of rows) tr.setAttribute('aria-selected', c === column);
}

function step_column(by) {
    const all = [...rows.keys()], i = all.indexOf(state.column);
    if (all.length) choose_column(all[(i + by + all.length) % all.length]);
    rows.get(state.column)?.tr.scrollIntoView({ block: 'nearest' });
}

/* One row a time, computed beside the page, so that many parameters do not
 * stop it. */
let computing = false;

function refresh_row() {
    const all = [...rows.entries()], draws = state.draws;
    if (computing) return;
    for (let k = 0; k < all.length; k++) {
        const [column, row] = all[turn++ % all.length];
        if (row.version === draws.version) continue;
        const chains = draws.of(column), whole = draws.stride === 1 && chains.every(c => c.length <= LOOKED_AT);
        row.version = draws.version;
        computing = true;
        compute('diagnose', chains.map(c => thinned(c, LOOKED_AT))).then(d => {
            computing = false;
            if (rows.get(column) === row) show_row(row.cells, d, draws.columns[column].kind, whole);
        });
        return;
    }
}

function show_row(cells, d, kind, whole) {
    cells[1].textContent = kind === 'levels' ? '' : short(d.mean);
    cells[2].textContent = kind === 'levels' ? '' : short(d.sd);
    cells[3].textContent = (whole ? '' : '≥') + (Number.isFinite(d.ess) ? Math.round(d.ess) : '–');
    cells[4].textContent = Number.isFinite(d.rhat) ? d.rhat.toFixed(3) : '–';
    cells[4].className = d.rhat > 1.01 ? 'warn' : '';
}

/* Plots that take long are drawn the less often: the page is to be free for
 * five parts in six. */
const PLOTS_EACH = 250, FREE = 5; /* ms; times what the last one took */
let plotted = 0, took = 0;

function tick(now) {
    refresh_row();
    if (state.dirty && now - plotted > Math.max(PLOTS_EACH, FREE * took)) {
        const begun = performance.now();
        state.dirty = false;
        draw_board();
        plotted = performance.now();
        took = plotted - begun;
    }
    requestAnimationFrame(tick);
}

/* ---- progress ------------------------------------------------------------- */

function show_progress(chains) {
    const box = $('progress');
    while (box.children.length > chains.length) box.lastChild.remove();
    chains.forEach((c, i) => {
        let row = box.children[i];
        if (!row) {
            row = document.createElement('div');
            row.className = 'chain';
            row.innerHTML = '<span></span><i role="progressbar" aria-valuemin="0" aria-valuemax="100"><b></b></i><span></span>';
            row.style.setProperty('--colour', chain_colour(i));
            row.children[0].textContent = i + 1;
            row.children[1].setAttribute('aria-label', `chain ${i + 1}`);
            box.append(row);
        }
        const share = c.planned ? Math.min(1, c.made / c.planned) : 0;
        const bad = c.divergences ? `, ${c.divergences} divergences` : '';
        const left = c.seconds && share > 0.02 && share < 1 ? `, ${short(c.seconds / share * (1 - share))} s left` : '';
        row.classList.toggle('warming', !!c.warming);
        row.children[1].firstChild.style.width = `${100 * share}%`;
        row.children[1].setAttribute('aria-valuenow', Math.round(100 * share));
        row.children[2].textContent = `${c.warming ? 'warmup' : `${c.draws} draws`}${bad}${left}`;
        row.children[2].className = c.divergences ? 'warn' : '';
    });
}

function show_controls() {
    $('stop').disabled = !state.going;
    $('extend').disabled = !state.run || state.going;
    for (const id of ['csv', 'netcdf', 'picture', 'summary']) $(id).hidden = !state.run || state.going;
    if (state.run) {
        $('csv').href = api.url_draws(state.run);
        $('netcdf').href = api.url_netcdf(state.run);
        $('summary').href = api.url_summary(state.run);
    }
    point_at_picture();
}

/* What is shown, as the server draws it. */
function point_at_picture() {
    const [, , plot, of_one] = boards[state.board], name = state.draws.columns[state.column]?.name;
    const theme = document.documentElement.dataset.theme === 'dark' ? 'amber' : 'light';
    if (state.run) $('picture').href = api.url_plot(state.run, plot, of_one && name, theme);
}

async function show_end() {
    const run = state.run;
    const now = await guarded(() => api.run_state(run));
    if (!now || run !== state.run) return;
    show_progress(now.chains.map(c => ({ ...c, warming: false })));
    if (now.state === 'failed') {
        const e = now.error?.error ?? now.error ?? {};
        say(`the run failed: ${e.message ?? 'no reason is known'}`, true);
        return;
    }
    say({ stopped: 'stopped; its draws are kept', limited: 'stopped by the server\'s limit of time; its draws are kept' }[now.state] ?? 'done');
    const answer = await guarded(() => api.run_summary(run), () => {});
    $('verdict').textContent = answer?.verdict ?? '';
}

/* ---- runs ------------------------------------------------------------------ */

function watch_run(id) {
    state.source?.close();
    state.run = id;
    state.draws = new Draws();
    state.column = -1;
    board = null;
    rows.clear();
    $('parameters').querySelector('tbody').replaceChildren();
    $('progress').replaceChildren();
    $('verdict').textContent = '';
    remember();
    if (!id) {
        state.going = false;
        state.dirty = true;
        show_controls();
        return;
    }
    catch_up().then(listen);
}

const PAGE = 5000; /* draws asked for at a time */

/* The draws that there are already; of many, some. */
async function catch_up() {
    const draws = state.draws, id = state.run;
    const now = await guarded(() => api.run_state(id));
    if (!now?.columns.length || draws !== state.draws) return;
    draws.begin({ columns: now.columns, chains: now.chains.length });
    draws.make_room(Math.max(...now.chains.map(c => c.draws)));
    build_rows();
    show_progress(now.chains.map(c => ({ ...c, warming: c.warming && now.state === 'running' })));
    const step = draws.stride;
    for (const c of now.chains)
        for (let from = 0; from < c.draws; from += PAGE * step) {
            const count = Math.min(PAGE, Math.ceil((c.draws - from) / step));
            const got = await guarded(() => api.run_draws(id, c.chain, from, count, step));
            if (!got || draws !== state.draws) return;
            draws.take({ chain: c.chain, from, draws: got.chains[0].draws }, step);
            draws.made[c.chain - 1] = Math.min(draws.made[c.chain - 1], c.draws);
            state.dirty = true;
        }
}

function listen() {
    const draws = state.draws, id = state.run;
    if (!id) return;
    state.source?.close();
    state.going = true;
    show_controls();
    state.source = api.listen(id, draws.made, {
        columns: c => {
            draws.begin(c);
            if (rows.size !== draws.parameters().length) build_rows();
        },
        draws: d => {
            draws.take(d);
            state.dirty = true;
        },
        progress: p => {
            show_progress(p.chains);
            say(p.chains.some(c => c.warming) ? 'warming up' : 'drawing');
        },
        summary: s => say(`chain ${s.chain}: ${s.missed} draws were passed over`),
        end: () => {
            state.going = false;
            state.dirty = true;
            show_controls();
            show_end();
        },
        broken: gone => say(gone ? 'the server ended the connection' : 'reconnecting …', true),
    });
}

async function fill_runs() {
    const list = (await guarded(() => api.runs(state.session))) ?? [];
    $('run').replaceChildren(new Option(list.length ? '' : 'none yet', ''), ...list.map(r => new Option(`${r.id}: ${r.infer}`, r.id)));
    $('run').value = state.run ?? '';
    return list;
}

function order() {
    const form = new FormData($('order')), out = {};
    if (form.get('kernel').trim()) out.kernel = form.get('kernel').trim();
    for (const name of ['samples', 'warmup', 'chains', 'seed'])
        if (form.get(name) !== '') out[name] = Number(form.get(name));
    const watch = form.get('watch').split(';').map(s => s.trim()).filter(Boolean);
    if (watch.length) out.watch = watch;
    return out;
}

function forget_problem() {
    $('order-problem').hidden = true;
    for (const field of $('order').elements) field.removeAttribute('aria-invalid');
}

/* What is wrong with the order, and where in its fields. */
function show_order_problem(p) {
    const [, name, index] = /^#\/(\w+)(?:\/(\d+))?$/.exec(p.pointer ?? '') ?? [];
    const field = name && $('order').elements[name];
    $('order-problem').textContent = p.message + (p.hint ? ` (${p.hint})` : '');
    $('order-problem').hidden = false;
    say('the order has an error', true);
    if (!field) return;
    field.setAttribute('aria-invalid', 'true');
    field.setAttribute('aria-describedby', 'order-problem');
    field.focus();
    if (!p.span || p.span.line !== 1 || p.span.end_line !== 1) return;
    /* Expressions to watch stand one behind another. */
    const before = index ? field.value.split(';').slice(0, index).reduce((n, s) => n + s.length + 1, 0) : 0;
    const at = before + field.value.slice(before).search(/\S|$/);
    field.setSelectionRange(at + p.span.column - 1, at + p.span.end_column - 1);
}

async function start() {
    if (editor.value().trim() !== state.loaded.trim() && !(await load())) return;
    say('starting');
    forget_problem();
    const run = await guarded(() => api.run_new(state.session, order()), show_order_problem);
    if (!run) return;
    watch_run(run.id);
    fill_runs();
}

async function stop() {
    if (!state.going) return;
    say('stopping');
    await guarded(() => api.run_stop(state.run));
}

async function extend() {
    const now = await guarded(() => api.run_state(state.run));
    if (!now) return;
    const more = Number($('order').elements.samples.value) || 1000;
    if (await guarded(() => api.run_extend(state.run, now.samples + more))) listen();
}

/* ---- sessions ---------------------------------------------------------------- */

state.loaded = '';

async function show_program() {
    const before = editor.value();
    const text = await guarded(() => api.program(state.session));
    if (text === undefined) return;
    state.loaded = text;
    if (editor.value() === before) editor.set(text); /* else somebody writes */
}

async function show_values() {
    const list = await guarded(() => api.directives(state.session));
    if (list) editor.show_directives(list);
}

async function load() {
    const text = editor.value();
    say('loading');
    const done = await guarded(async () => {
        await api.submit(state.session, 'CLEAR');
        if (text.trim()) await api.submit(state.session, text);
        return true;
    }, p => {
        editor.show_problem(p);
        say('the program has an error', true);
    });
    if (done) {
        editor.clear();
        state.loaded = text;
    }
    await show_values();
    if (done) say('loaded');
    return done;
}

async function fill_sessions() {
    const list = (await guarded(api.sessions)) ?? [];
    $('session').replaceChildren(...list.map(s => new Option(`${s.id} (${s.engine})`, s.id)));
    $('session').value = state.session;
}

async function choose_session(id, run = null) {
    state.session = id;
    $('session').value = id;
    await show_program();
    await show_values();
    state.run = run;
    const list = await fill_runs();
    const known = list.find(r => r.id === run) ?? list.at(-1);
    watch_run(known?.id ?? null);
    $('run').value = known?.id ?? '';
}

async function begin_session(make) {
    const made = await guarded(make);
    if (!made) return;
    state.session = made.id;
    await fill_sessions();
    await choose_session(made.id);
}

/* ---- keys -------------------------------------------------------------------- */

function set_theme(theme) {
    document.documentElement.dataset.theme = theme;
    $('theme').textContent = theme === 'dark' ? 'Light' : 'Dark';
    $('theme').setAttribute('aria-pressed', theme === 'light');
    try {
        localStorage.setItem('vestige-theme', theme);
    } catch { /* private windows */ }
    forget_colours();
    point_at_picture();
    [...$('progress').children].forEach((row, i) => row.style.setProperty('--colour', chain_colour(i)));
    board = null;
    state.dirty = true;
}

const toggle_theme = () => set_theme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');

document.addEventListener('keydown', e => {
    if (e.ctrlKey && e.key === 'Enter') load();
    else if (e.altKey && e.key === 'Enter') start();
    else if (e.key === 'Escape' && !document.querySelector('dialog[open]')) stop();
    else if (/^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) || e.ctrlKey || e.altKey || e.metaKey) return;
    else if (e.key === 'j') step_column(1);
    else if (e.key === 'k') step_column(-1);
    else if (e.key === 't') toggle_theme();
    else if (e.key === '?') $('help').showModal();
    else if (boards[Number(e.key) - 1]) choose_board(Number(e.key) - 1);
    else return;
    if (e.key !== 'Escape') e.preventDefault();
});

/* ---- the beginning ------------------------------------------------------------ */

function wire() {
    $('load').onclick = load;
    $('revert').onclick = show_program;
    $('order').onsubmit = e => {
        e.preventDefault();
        start();
    };
    $('stop').onclick = stop;
    $('extend').onclick = extend;
    $('run').onchange = () => watch_run($('run').value || null);
    $('session').onchange = () => choose_session($('session').value);
    $('session-new').onclick = () => begin_session(api.session_new);
    $('session-fork').onclick = () => begin_session(() => api.session_fork(state.session));
    $('theme').onclick = toggle_theme;
    $('keys').onclick = () => $('help').showModal();
    $('help-close').onclick = () => $('help').close();
    new ResizeObserver(() => { state.dirty = true; }).observe($('plots'));
}

async function begin() {
    let theme = 'dark';
    try {
        theme = localStorage.getItem('vestige-theme') ?? theme;
    } catch { /* private windows */ }
    wire();
    build_tabs();
    choose_board(0);
    set_theme(theme);
    requestAnimationFrame(tick);
    const hash = new URLSearchParams(location.hash.slice(1));
    const list = await guarded(api.sessions);
    if (!list) return;
    const known = list.find(s => s.id === hash.get('s')) ?? list[0];
    if (!known) {
        await begin_session(api.session_new);
    } else {
        state.session = known.id;
        await fill_sessions();
        await choose_session(known.id, hash.get('r'));
    }
    const names = await guarded(api.kernels, () => {});
    $('kernels').replaceChildren(...(names ?? []).map(k => new Option(k.doc, k.signature)));
}

begin();
