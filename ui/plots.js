/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The five boards of plots. Each is built once into its place, and shown again
 * whenever there are more draws: board.show(draws, column). A board reads
 * draws and knows nothing of the server.
 */
import { Curves, decimated } from './curves.js';
import { chain_colour, colour, short } from './look.js';
import { Paint } from './paint.js';
import { autocovariance, correlation, density, moments, quantile, rank_bins, thinned, together } from './statistics.js';

function figure(parent, title, full = false) {
    const f = document.createElement('figure'), caption = document.createElement('figcaption'), body = document.createElement('div');
    if (full) f.className = 'full';
    caption.textContent = title;
    f.append(caption, body);
    parent.append(f);
    return { body, title: words => { caption.textContent = words; } };
}

function empty(parent, words) {
    const p = document.createElement('p');
    p.className = 'empty';
    p.textContent = words;
    parent.append(p);
}

const AT_MOST = 20000; /* draws of a chain that smooth pictures look at */

/* Ends of the middle 99.8 % of the draws, with a margin. */
function range_of(all) {
    const sorted = thinned(Float64Array.from(all), AT_MOST).filter(Number.isFinite).sort();
    if (!sorted.length) return [0, 1];
    const low = quantile(sorted, 0.001), high = quantile(sorted, 0.999);
    const margin = 0.05 * (high - low) || Math.abs(low) * 0.1 || 1;
    return [low - margin, high + margin];
}

/* ---- one parameter ------------------------------------------------------ */


export class Overview {
    constructor(parent) {
        this.trace = figure(parent, 'trace', true);
        this.shape = figure(parent, 'distribution');
        this.ranks = figure(parent, 'ranks: flat where chains agree');
        this.memory = figure(parent, 'autocorrelation');
        this.trace.curves = new Curves(this.trace.body, { height: 230 });
        this.shape.curves = new Curves(this.shape.body, { height: 200 });
        this.shape.bars = new Paint(this.shape.body, 0);
        this.ranks.paint = new Paint(this.ranks.body, 200);
        this.memory.curves = new Curves(this.memory.body, { height: 200, range: { y: [-0.2, 1] } });
    }
    show(draws, column) {
        const chains = draws.of(column), name = draws.columns[column].name;
        const all = together(chains), { mean, variance } = moments(all);
        const words = `${name}: ${all.length} draws of ${chains.length} chains, mean ${short(mean)}, sd ${short(Math.sqrt(variance))}`;
        this.trace.title(`${name}, draw by draw`);
        this.trace.curves.show(decimated(chains, draws.stride));
        this.trace.curves.describe(`Trace of ${words}`);
        this.show_shape(draws, column, chains, all, words);
        this.show_ranks(chains, words);
        this.show_memory(chains, words);
    }
    show_shape(draws, column, chains, all, words) {
        const discrete = draws.is_discrete(column);
        this.shape.curves.parent.querySelectorAll('.uplot').forEach(u => { u.style.display = discrete ? 'none' : ''; });
        this.shape.bars.canvas.style.display = discrete ? '' : 'none';
        if (discrete) {
            this.show_bars(draws, column, chains, all, words);
            return;
        }
        const [low, high] = range_of(all), n = 256, x = Array.from({ length: n }, (_, i) => low + (high - low) * i / (n - 1));
        this.shape.title('density, a curve a chain');
        this.shape.curves.show([x, ...chains.map(c => Array.from(density(thinned(c, AT_MOST), low, high, n)))]);
        this.shape.curves.describe(`Density of ${words}`);
    }
    show_bars(draws, column, chains, all, words) {
        const values = [...new Set(all)].sort((a, b) => a - b), paint = this.shape.bars;
        const counts = chains.map(c => {
            const by = new Map(values.map(v => [v, 0]));
            for (const v of c) if (!Number.isNaN(v)) by.set(v, by.get(v) + 1);
            return values.map(v => by.get(v) / c.length);
        });
        const row = Math.max(14, 5 * chains.length + 6), g = paint.begin(Math.max(60, values.length * row + 24));
        const most = Math.max(...counts.flat(), 1e-9), left = 90, width = paint.width - left - 56;
        this.shape.title('how often, a bar a chain');
        values.forEach((v, i) => {
            paint.text(draws.label(column, v), left - 6, i * row + row / 2, { align: 'right' });
            counts.forEach((c, k) => {
                g.fillStyle = chain_colour(k);
                g.fillRect(left, i * row + 2 + k * (row - 4) / chains.length, Math.max(1, c[i] / most * width), Math.max(1, (row - 4) / chains.length - 1));
            });
            const share = counts.reduce((s, c) => s + c[i], 0) / chains.length;
            paint.text(`${(100 * share).toFixed(1)} %`, left + width + 6, i * row + row / 2, { ink: 'dim' });
        });
        paint.describe(`Shares of ${words}: ${values.slice(0, 12).map((v, i) => `${draws.label(column, v)} ${(100 * counts.reduce((s, c) => s + c[i], 0) / chains.length).toFixed(1)} percent`).join(', ')}`);
    }
    show_ranks(chains, words) {
        const bins = rank_bins(chains.map(c => thinned(c, 5000))), paint = this.ranks.paint, g = paint.begin();
        const m = bins.length, left = 8, high = (paint.height - 10) / m;
        bins.forEach((b, k) => {
            const expected = b.reduce((s, v) => s + v, 0) / b.length, top = 4 + k * high, width = (paint.width - 2 * left) / b.length;
            const scale = (high - 6) / Math.max(2 * expected, ...b);
            g.fillStyle = chain_colour(k);
            b.forEach((v, i) => g.fillRect(left + i * width, top + high - 4 - v * scale, width - 1, v * scale));
            paint.line(left, top + high - 4 - expected * scale, paint.width - left, top + high - 4 - expected * scale, colour('dim'));
        });
        paint.describe(`Rank histograms of ${words}`);
    }
    show_memory(chains, words) {
        const lags = Math.min(60, ...chains.map(c => c.length - 1));
        if (lags < 2) return;
        const of = chains.map(c => {
            const a = autocovariance(c.length > AT_MOST ? c.subarray(c.length - AT_MOST) : c);
            return Array.from(a.subarray(0, lags + 1), v => (a[0] > 0 ? v / a[0] : null));
        });
        this.memory.curves.show([Array.from({ length: lags + 1 }, (_, i) => i), ...of]);
        this.memory.curves.describe(`Autocorrelation of ${words}`);
    }
}

/* ---- all parameters: intervals ------------------------------------------ */

const INTERVAL_DRAWS = 5000; /* of a chain */

export class Forest {
    constructor(parent) {
        const f = figure(parent, 'middle 50 % and 94 % of the draws, and the mean', true);
        this.paint = new Paint(f.body, 100);
    }
    show(draws) {
        const columns = draws.parameters().filter(c => draws.columns[c].name !== 'lp__' && draws.columns[c].kind !== 'levels').slice(0, 60);
        const rows = columns.map(c => {
            const sorted = together(draws.of(c).map(x => thinned(x, INTERVAL_DRAWS))).sort();
            return { name: draws.columns[c].name, mean: moments(sorted).mean, at: [0.03, 0.25, 0.75, 0.97].map(p => quantile(sorted, p)) };
        });
        const row = 20, paint = this.paint, g = paint.begin(rows.length * row + 30), left = 120;
        const low = Math.min(...rows.map(r => r.at[0])), high = Math.max(...rows.map(r => r.at[3]));
        if (!rows.length || !Number.isFinite(low)) return;
        const margin = 0.03 * (high - low) || 1;
        const { X } = paint.frame({ left, top: 2, width: paint.width - left - 12, height: rows.length * row, x: [low - margin, high + margin], y: [0, 1], y_ticks: false });
        if (low < 0 && high > 0) paint.line(X(0), 2, X(0), rows.length * row, colour('line'));
        rows.forEach((r, i) => {
            const y = i * row + row / 2 + 2;
            paint.text(r.name.length > 18 ? `${r.name.slice(0, 17)}…` : r.name, left - 8, y, { align: 'right' });
            paint.line(X(r.at[0]), y, X(r.at[3]), y, chain_colour(0), 1.5);
            paint.line(X(r.at[1]), y, X(r.at[2]), y, chain_colour(0), 5);
            paint.dots([X(r.mean)], [y], colour('mean'), 2.5);
        });
        g.textAlign = 'left';
        paint.describe(`Intervals: ${rows.slice(0, 20).map(r => `${r.name} from ${short(r.at[0])} to ${short(r.at[3])}, mean ${short(r.mean)}`).join('; ')}`);
    }
}

/* ---- pairs --------------------------------------------------------------- */

const PAIRS = 6, POINTS = 500;

export class Pairs {
    constructor(parent) {
        const f = figure(parent, 'pairs: points are draws, red where the trajectory diverged; above, correlations', true);
        this.paint = new Paint(f.body, 300);
    }
    show(draws, column) {
        const numbers = draws.parameters().filter(c => draws.columns[c].kind !== 'levels');
        const columns = [column, ...numbers.filter(c => c !== column)].filter(c => numbers.includes(c)).slice(0, PAIRS).sort((a, b) => numbers.indexOf(a) - numbers.indexOf(b));
        const m = columns.length, paint = this.paint, side = Math.min(150, Math.max(60, (paint.canvas.clientWidth || 400) / (m || 1) - 8));
        const g = paint.begin(m * (side + 8) + 16), values = columns.map(c => together_paired(draws, c));
        const ranges = values.map(range_of), diverged = draws.find('divergent__'), marks = diverged >= 0 ? together_paired(draws, diverged) : null;
        const n = values[0]?.length ?? 0, step = Math.max(1, Math.floor(n / POINTS));
        for (let i = 0; i < m; i++)
            for (let j = 0; j < m; j++) {
                const left = j * (side + 8), top = i * (side + 8), name = draws.columns[columns[i]].name;
                if (i === j) {
                    this.histogram(g, values[i], ranges[i], left, top, side);
                    paint.text(name.slice(0, 20), left + 4, top + 10, { ink: 'strong' });
                } else if (j < i) {
                    const { X, Y } = paint.frame({ left, top, width: side, height: side, x: ranges[j], y: ranges[i], x_ticks: false, y_ticks: false });
                    this.points({ X, Y, x: values[j], y: values[i], across: ranges[j], up: ranges[i] }, marks, step);
                } else {
                    const r = correlation(values[j], values[i]);
                    paint.text(Number.isFinite(r) ? r.toFixed(2) : '', left + side / 2, top + side / 2, { align: 'center', ink: Math.abs(r) > 0.7 ? 'strong' : 'dim' });
                }
            }
        paint.describe(`Pairs of ${columns.map(c => draws.columns[c].name).join(', ')}${marks ? `, ${marks.reduce((s, v) => s + v, 0)} divergences` : ''}`);
    }
    points({ X, Y, x, y, across, up }, marks, step) {
        const outside = (v, [low, high]) => !(v >= low && v <= high);
        const inside = { x: [], y: [] }, red = { x: [], y: [] };
        for (let i = 0; i < x.length; i++) {
            const bad = marks && marks[i];
            if ((!bad && i % step) || outside(x[i], across) || outside(y[i], up)) continue;
            const to = bad ? red : inside;
            to.x.push(X(x[i]));
            to.y.push(Y(y[i]));
        }
        this.paint.g.globalAlpha = 0.55;
        this.paint.dots(inside.x, inside.y, chain_colour(0), 1.3);
        this.paint.g.globalAlpha = 1;
        this.paint.dots(red.x, red.y, colour('bad'), 2.2);
    }
    histogram(g, x, [low, high], left, top, side) {
        const bins = new Float64Array(24);
        for (const v of x) {
            const i = Math.floor((v - low) / (high - low) * bins.length);
            if (i >= 0 && i < bins.length) bins[i]++;
        }
        const most = Math.max(...bins, 1), width = side / bins.length;
        g.fillStyle = chain_colour(3);
        bins.forEach((v, i) => g.fillRect(left + i * width, top + side - v / most * (side - 18), width - 0.5, v / most * (side - 18)));
    }
}

/* All chains behind one another, so that rows of two columns are of one draw. */
function together_paired(draws, column) {
    const chains = draws.of(column), out = new Float64Array(chains.reduce((n, c) => n + c.length, 0));
    let at = 0;
    for (const c of chains) {
        out.set(c, at);
        at += c.length;
    }
    return out;
}

/* ---- how they settle ------------------------------------------------------ */

export class Settling {
    /* compute: asks beside the page; again: to be shown once more */
    constructor(parent, { compute, again }) {
        this.compute = compute;
        this.again = again;
        this.busy = false;
        const one = s => [{ label: s, ink: () => chain_colour(0), width: 2 }];
        this.rhat = figure(parent, 'R-hat as draws come');
        this.ess = figure(parent, 'effective draws as draws come');
        this.rhat.curves = new Curves(this.rhat.body, { height: 220, series: one('R-hat') });
        this.ess.curves = new Curves(this.ess.body, { height: 220, series: one('ESS') });
    }
    show(draws, column) {
        if (this.busy) return;
        const version = draws.version, { name } = draws.columns[column];
        const each = draws.stride * draws.chains.length;
        this.busy = true;
        this.compute('settle', draws.of(column)).then(({ upto, rhat, ess }) => {
            this.busy = false;
            this.draw(name, upto.map(n => n * each), rhat, ess);
            if (draws.version !== version) this.again();
        });
    }
    draw(name, x, rhat, ess) {
        this.rhat.title(`R-hat of ${name} as draws come`);
        this.ess.title(`effective draws of ${name} as draws come`);
        this.rhat.curves.show([x, rhat]);
        this.ess.curves.show([x, ess]);
        this.rhat.curves.describe(`R-hat of ${name}, now ${short(rhat.at(-1) ?? NaN)}`);
        this.ess.curves.describe(`Effective draws of ${name}, now ${short(ess.at(-1) ?? NaN)}`);
    }
}

/* ---- energy --------------------------------------------------------------- */

export class Energy {
    constructor(parent) {
        this.parent = parent;
        this.energy = figure(parent, 'energy (filled) and its change from draw to draw: alike where momenta mix well');
        this.curves = new Curves(this.energy.body, {
            height: 240,
            series: [
                { label: 'energy', ink: () => chain_colour(0), fill: () => `${chain_colour(0)}44`, width: 2 },
                { label: 'change', ink: () => colour('cold'), width: 2 },
            ],
        });
        this.note = document.createElement('p');
        this.note.className = 'quiet';
        parent.append(this.note);
    }
    show(draws) {
        const column = draws.find('energy__');
        if (column < 0) {
            this.energy.body.parentElement.hidden = true;
            this.note.textContent = 'Kernels without gradients have no energy.';
            return;
        }
        this.energy.body.parentElement.hidden = false;
        const chains = draws.of(column).map(c => thinned(c, AT_MOST)), marginal = [], change = [], fractions = [];
        for (const c of chains) {
            const { mean, variance } = moments(c);
            let square = 0;
            for (let i = 0; i < c.length; i++) {
                marginal.push(c[i] - mean);
                if (i) {
                    change.push(c[i] - c[i - 1]);
                    square += (c[i] - c[i - 1]) ** 2;
                }
            }
            fractions.push(square / c.length / variance);
        }
        const [low, high] = range_of([...marginal, ...change]), n = 256;
        const x = Array.from({ length: n }, (_, i) => low + (high - low) * i / (n - 1));
        this.curves.show([x, Array.from(density(marginal, low, high, n)), Array.from(density(change, low, high, n))]);
        const words = `E-BFMI by chain: ${fractions.map(f => f.toFixed(2)).join(', ')}${Math.min(...fractions) < 0.3 ? ' (below 0.3: the chains explore energies slowly)' : ''}`;
        this.note.textContent = words;
        this.curves.describe(`Energy distributions. ${words}`);
    }
}

export function say_empty(parent) {
    empty(parent, 'No draws yet. Write a program, load it, and start a run: the posterior forms here.');
}
