/*
 * The page of a report: search, filters, the tree of paths, lines side by side. The findings are in the page as
 * markup, a line each, in lists: one for each series, and for each cause one of those that are in none. The first of a
 * list are elements and the rest text of noscript elements, which becomes elements when they are to be seen. Nothing of a
 * report is ever made into markup here but what was in the page as such.
 */
'use strict';
(() => {
const $ = id => document.getElementById(id);
const PART = Number($('groups').dataset.part), FIRST = 50, NEXT = 200;

const make = (tag, name, text) => {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  return element;
};
const number = n => String(n).replace(/\B(?=(\d{3})+$)/g, ',');
const each = (root, selector, f) => root.querySelectorAll(selector).forEach(f);

/* ---- lists, and the findings in them ---- */

/* An element's markup is one line, as in the text of noscript elements. */
const partOf = element => element.localName === 'noscript' ?
  {lines: element.textContent.trim().split('\n')} :
  {nodes: [...element.children], lines: [...element.children].map(node => node.outerHTML)};
let count = 0;
const listOf = element => {
  const series = element.closest('.series'), list = {element, series, parts: [...element.children].map(partOf), matches: [], stale: true};
  list.first = count;
  list.count = list.parts.reduce((sum, part) => sum + part.lines.length, 0);
  list.total = Number(element.dataset.total);
  list.what = series ? series.querySelector('h3').textContent : '';
  list.counter = series && series.querySelector('.n');
  element.replaceChildren();
  count += list.count;
  return list;
};
const groups = [...document.querySelectorAll('.group')].map(element => {
  const lists = [...element.querySelectorAll('.list')].map(listOf);
  return {element, lists, cause: element.id.slice(2), title: element.querySelector('h2').textContent,
    counter: element.querySelector('summary .n'), loud: element.classList.contains('loud'),
    total: lists.reduce((sum, list) => sum + list.total, 0)};
});
const lists = groups.flatMap(g => g.lists.map(list => Object.assign(list, {group: g})));
const total = groups.reduce((sum, g) => sum + g.total, 0);
const ofList = i => {
  let low = 0, high = lists.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (lists[middle].first <= i) low = middle; else high = middle - 1;
  }
  return lists[low];
};
const lineOf = i => {
  const list = ofList(i), at = i - list.first;
  return list.parts[Math.floor(at / PART)].lines[at % PART];
};
/* A parsed document runs nothing. */
const nodeOf = i => {
  const list = ofList(i), at = i - list.first, part = list.parts[Math.floor(at / PART)];
  if (!part.nodes) part.nodes = [...new DOMParser().parseFromString(part.lines.join('\n'), 'text/html').body.children];
  return part.nodes[at % PART];
};

/* What a line shows, from its markup: an element for each would take a hundred times as long. */
const CHARACTER = {amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'"};
const plain = markup => markup.replace(/<[^>]*>/g, '').replace(/&(amp|lt|gt|quot|#39);/g, (all, name) => CHARACTER[name]);
const fields = new Array(count);
const fieldsOf = i => {
  if (!fields[i]) {
    const line = lineOf(i), list = ofList(i), seen = line.split('<div class="more">')[0];
    const path = /<span class="p">(.*?)<\/span>/.exec(seen)[1];
    const of = list.series || {dataset: {level: (/^[^>]* data-level="(\w*)"/.exec(line) || [])[1]}};
    fields[i] = {
      path: path.startsWith('<i>') ? '' : plain(path), level: of.dataset.level,
      text: (plain(seen) + '\n' + list.what + '\n' + values(list)).toLowerCase(),
    };
  }
  return fields[i];
};
/* Values that all of a series have stand in its head. */
const values = list => list.series ? [...list.series.querySelectorAll(':scope > summary .v')].map(v => v.textContent).join(' ') : '';

/* Fills a box with count elements, some now and the rest when asked. */
const fill = (box, count, element) => {
  box.replaceChildren();
  let done = 0;
  const button = make('button', 'show');
  button.type = 'button';
  const more = n => {
    const end = Math.min(count, done + n), some = document.createDocumentFragment();
    while (done < end) some.append(element(done++));
    button.before(some);
    button.hidden = done === count;
    button.textContent = `Show ${number(Math.min(NEXT, count - done))} more of ${number(count - done)}`;
  };
  box.append(button);
  more(FIRST);
  button.addEventListener('click', () => {
    const last = button.previousElementSibling;
    more(NEXT);
    if (state.expanded) each(box, 'details', d => { d.open = true; });
    paint();
    const next = last && last.nextElementSibling;
    const line = next && (next.querySelector('summary') || next);
    if (line && line !== button) { line.tabIndex = line === next ? -1 : 0; line.focus(); }
  });
};

/* ---- what is asked for ---- */

const state = {q: '', cause: '', levels: new Set(), view: 'cause', expanded: false};
const LEVELS = [...document.querySelectorAll('.levels button')].map(b => b.dataset.level);
const words = () => state.q.toLowerCase().split(/\s+/).filter(w => w);
const isFiltered = () => words().length > 0 || state.cause !== '' || state.levels.size > 0;

const find = () => {
  const wanted = words();
  let found = 0;
  for (const list of lists) {
    list.matches = [];
    list.stale = true;
    if (state.cause !== '' && state.cause !== list.group.cause) continue;
    for (let i = list.first; i < list.first + list.count; i++) {
      if (state.levels.size > 0 && !state.levels.has(fieldsOf(i).level)) continue;
      if (wanted.length > 0 && !wanted.every(w => fieldsOf(i).text.includes(w))) continue;
      list.matches.push(i);
    }
    found += list.matches.length;
  }
  return found;
};

/* ---- by cause ---- */

const isOpen = list => list.group.element.open && (!list.series || list.series.open);
const fillList = list => {
  if (!list.stale || !isOpen(list)) return;
  list.stale = false;
  fill(list.element, list.matches.length, k => nodeOf(list.matches[k]));
  if (state.expanded) each(list.element, 'details', d => { d.open = true; });
};
/* What was searched is seen where it is not much, and shut again when it is searched no more. */
const FEW = 50, opened = new Set();
const reveal = found => {
  if (words().length === 0) {
    opened.forEach(element => { element.open = false; });
    opened.clear();
  } else if (found <= FEW) {
    for (const list of lists.filter(l => l.matches.length > 0))
      for (const element of [list.group.element, list.series])
        if (element && !element.open) { element.open = true; opened.add(element); }
  }
};
const counted = (matches, all) => isFiltered() ? `${number(matches)} of ${number(all)}` : number(all);
const showGroups = () => {
  for (const g of groups) {
    const matches = g.lists.reduce((sum, list) => sum + list.matches.length, 0);
    g.element.hidden = matches === 0;
    g.counter.textContent = counted(matches, g.total);
    for (const list of g.lists) {
      if (list.series) {
        list.series.hidden = list.matches.length === 0;
        list.counter.textContent = counted(list.matches.length, list.total);
      }
      fillList(list);
    }
  }
};

/* ---- by path ---- */

const segments = path => {
  if (path === '') return ['image and layers'];
  const [file, ...members] = path.split('!');
  return [...file.split('/'), ...members.map(m => '!' + m)];
};
const plant = () => {
  const root = {name: '', kids: new Map(), found: [], total: 0, loud: false};
  for (const list of lists) {
    for (const i of list.matches) {
      let node = root;
      for (const name of segments(fieldsOf(i).path)) {
        if (!node.kids.has(name)) node.kids.set(name, {name, kids: new Map(), found: [], total: 0, loud: false});
        node = node.kids.get(name);
        node.total++;
        node.loud = node.loud || list.group.loud;
      }
      node.found.push(i);
    }
  }
  return root;
};
/* Directories that hold one directory and nothing else are one line. */
const joined = node => {
  let name = node.name;
  while (node.kids.size === 1 && node.found.length === 0) {
    node = node.kids.values().next().value;
    name += (node.name.startsWith('!') ? '' : '/') + node.name;
  }
  return {...node, name};
};
const branch = from => {
  const node = joined(from), element = make('details', node.loud ? 'node loud' : 'node');
  const summary = make('summary'), label = make('span', 'p'), box = make('div', 'kids');
  const cut = node.name.lastIndexOf('/') + 1;
  label.append(node.name.slice(0, cut), make('b', '', node.name.slice(cut)), node.kids.size > 0 ? '/' : '');
  summary.append(label, make('span', 'n', number(node.total)));
  element.append(summary, box);
  const kids = [...node.kids.values()].sort((x, y) => x.name < y.name ? -1 : x.name > y.name ? 1 : 0);
  /* Numbers of findings first, in the order of the page, then what is below. */
  element.fill = () => {
    element.fill = null;
    const found = [...node.found].sort((x, y) => x - y);
    fill(box, found.length + kids.length, k => k < found.length ? copyOf(found[k]) : branch(kids[k - found.length]));
  };
  return element;
};
/* What stands above it in its list comes with it. */
const copyOf = i => {
  const copy = nodeOf(i).cloneNode(true), list = ofList(i), head = copy.querySelector('summary') || copy;
  copy.open = false;
  if (!list.series) return copy;
  const path = head.querySelector('.p');
  if (!head.querySelector('.w')) path.after(make('span', 'w', list.what));
  if (!copy.querySelector('.why')) head.append(make('span', 'k', list.group.title));
  if (!head.querySelector('.v')) head.querySelector('.w').after(...[...list.series.querySelectorAll(':scope > summary .v')].map(v => v.cloneNode(true)));
  return copy;
};
const showTree = () => {
  const root = plant(), kids = [...root.kids.values()].sort((x, y) => x.name < y.name ? -1 : x.name > y.name ? 1 : 0);
  fill($('tree'), kids.length, k => branch(kids[k]));
  if (kids.length === 1 || state.expanded) openTree(state.expanded ? 400 : 1);
};
/* Opens what there is from the top, within a number, so that a large tree stays usable. */
const openTree = budget => {
  let level = [...$('tree').children].filter(e => e.localName === 'details');
  while (level.length > 0 && budget > 0) {
    const next = [];
    for (const element of level) {
      if (budget-- <= 0) break;
      if (element.fill) element.fill();
      element.open = true;
      const box = element.querySelector(':scope > .kids');
      if (box) next.push(...[...box.children].filter(e => e.localName === 'details'));
    }
    level = next;
  }
};

/* ---- lines side by side ---- */

/* Text with marks: [[text, is marked], …] becomes the content of an element. */
const setMarked = (element, pieces) => {
  element.replaceChildren(...pieces.map(([text, marked]) => marked ? make('mark', '', text) : text));
};
/* Of rows of bytes, each place where they differ. */
const markPlaces = (x, y) => {
  const s = x.textContent, t = y.textContent;
  for (const [element, own, other] of [[x, s, t], [y, t, s]]) {
    const pieces = [];
    for (let i = 0, j; i < own.length; i = j) {
      const differs = own[i] !== other[i];
      for (j = i; j < own.length && (own[j] !== other[j]) === differs; j++);
      pieces.push([own.slice(i, j), differs]);
    }
    setMarked(element, pieces);
  }
};
/* Of lines of text, the words that are not a common subsequence; none where little is common. */
const markWords = (x, y) => {
  const s = x.textContent.match(/[\p{L}\p{N}_]+|\s+|./gsu) || [], t = y.textContent.match(/[\p{L}\p{N}_]+|\s+|./gsu) || [];
  const least = Math.min(s.length, t.length);
  let begin = 0, end = 0;
  while (begin < least && s[begin] === t[begin]) begin++;
  while (end < least - begin && s[s.length - 1 - end] === t[t.length - 1 - end]) end++;
  const n = s.length - begin - end, m = t.length - begin - end, sides = [[], []];
  const put = (side, text, marked) => {
    const pieces = sides[side], last = pieces[pieces.length - 1];
    if (last && last[1] === marked) last[0] += text; else pieces.push([text, marked]);
  };
  const same = text => { put(0, text, false); put(1, text, false); };
  s.slice(0, begin).forEach(same);
  if (n * m > 0 && n * m <= 90000) {
    /* best[i][j]: characters in common of what follows word i and word j. */
    const best = Array.from({length: n + 1}, () => new Uint32Array(m + 1));
    for (let i = n - 1; i >= 0; i--)
      for (let j = m - 1; j >= 0; j--)
        best[i][j] = s[begin + i] === t[begin + j] ? best[i + 1][j + 1] + s[begin + i].length : Math.max(best[i + 1][j], best[i][j + 1]);
    let i = 0, j = 0;
    while (i < n || j < m) {
      if (i < n && j < m && s[begin + i] === t[begin + j]) { same(s[begin + i]); i++; j++; }
      else if (j === m || (i < n && best[i + 1][j] >= best[i][j + 1])) put(0, s[begin + i++], true);
      else put(1, t[begin + j++], true);
    }
  } else {
    if (n > 0) put(0, s.slice(begin, begin + n).join(''), true);
    if (m > 0) put(1, t.slice(begin, begin + m).join(''), true);
  }
  s.slice(s.length - end).forEach(same);
  const common = sides[0].reduce((sum, [text, marked]) => sum + (marked ? 0 : text.trim().length), 0);
  if (common * 4 < Math.max(x.textContent.length, y.textContent.length)) return;
  setMarked(x, sides[0]);
  setMarked(y, sides[1]);
};
const besides = (kind, left, right) => {
  const row = make('div', kind);
  const sides = [make('div', 'old'), make('div', 'new')];
  [left, right].forEach((lines, side) => lines.forEach((line, k) => {
    line.style.gridRow = k + 1;
    sides[side].append(line);
  }));
  row.append(...sides);
  return row;
};
const sideBySide = box => {
  const hex = box.classList.contains('hex'), lines = [...box.children], out = [];
  const run = tag => {
    const taken = [];
    while (lines.length > 0 && lines[0].localName === tag) taken.push(lines.shift());
    return taken;
  };
  while (lines.length > 0) {
    const same = run('span');
    if (same.length > 0) {
      const copies = same.map(line => line.cloneNode(true));
      const row = besides('same', same, copies);
      row.lastChild.setAttribute('aria-hidden', 'true');
      out.push(row);
      continue;
    }
    const old = run('del'), fresh = run('ins');
    if (old.length + fresh.length > 0) {
      for (let k = 0; k < Math.min(old.length, fresh.length); k++) (hex ? markPlaces : markWords)(old[k], fresh[k]);
      out.push(besides('change', old, fresh));
      continue;
    }
    out.push(lines.shift());
  }
  box.replaceChildren(...out);
  box.classList.add('done');
};

/* ---- showing ---- */

/* Marks the words that were searched, without a change to the elements. */
const paint = () => {
  if (!window.CSS || !CSS.highlights) return;
  const ranges = [], wanted = words();
  if (wanted.length > 0) {
    const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
    while (walker.nextNode() && ranges.length < 2000) {
      const node = walker.currentNode, parent = node.parentElement;
      if (!parent.closest('.p, .w, .v') || parent.closest('.tag')) continue;
      const text = node.data.toLowerCase();
      if (text.length !== node.data.length) continue;
      for (const word of wanted) {
        for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
          const range = new Range();
          range.setStart(node, at);
          range.setEnd(node, at + word.length);
          ranges.push(range);
        }
      }
    }
  }
  CSS.highlights.set('hit', new Highlight(...ranges));
};
const show = () => {
  const found = find(), byPath = state.view === 'path';
  if (!byPath) reveal(found);
  $('groups').hidden = byPath;
  $('tree').hidden = !byPath;
  $('none').hidden = found > 0;
  $('status').textContent = isFiltered() ? `${number(found)} of ${number(count)}` : number(count) + (count === 1 ? ' place' : ' places');
  if (byPath) showTree(); else showGroups();
  $('q').value !== state.q && ($('q').value = state.q);
  $('cause').value = state.cause;
  $('by-cause').setAttribute('aria-pressed', String(!byPath));
  $('by-path').setAttribute('aria-pressed', String(byPath));
  each(document, '.levels button', b => b.setAttribute('aria-pressed', String(state.levels.has(b.dataset.level))));
  paint();
};

/* ---- the address: #q=…&cause=…&level=entry,content&view=path&open=all ---- */

const remember = () => {
  const p = new URLSearchParams();
  if (state.q) p.set('q', state.q);
  if (state.cause) p.set('cause', state.cause);
  if (state.levels.size > 0) p.set('level', [...state.levels].join(','));
  if (state.view === 'path') p.set('view', 'path');
  try {
    history.replaceState(null, '', '#' + p);
  } catch (e) {
    /* Where a page may not change its address, it is not remembered. */
  }
};
const recall = () => {
  const hash = location.hash.slice(1), group = groups.find(g => hash === 'g-' + g.cause);
  const p = new URLSearchParams(group ? '' : hash);
  state.q = p.get('q') || '';
  state.cause = groups.some(g => g.cause === p.get('cause')) ? p.get('cause') : '';
  state.levels = new Set((p.get('level') || '').split(',').filter(l => LEVELS.includes(l)));
  state.view = p.get('view') === 'path' ? 'path' : 'cause';
  state.expanded = p.get('open') === 'all';
  if (group) group.element.open = true;
  show();
  if (state.expanded) setAll(true);
};
const change = () => {
  remember();
  show();
};

/* ---- what a reader does ---- */

const setAll = open => {
  state.expanded = open;
  if (state.view === 'path') {
    if (open) openTree(400); else each($('tree'), 'details', d => { d.open = false; });
    return;
  }
  for (const g of groups) {
    g.element.open = open;
    for (const list of g.lists) {
      if (list.series) list.series.open = open;
      if (open) fillList(list);
      each(list.element, 'details', d => { d.open = open; });
    }
  }
};
const isSeen = summary => !summary.closest('[hidden]') && !summary.parentElement.parentElement.closest('details:not([open])');
const step = (summary, by) => {
  const all = [...document.querySelectorAll('main summary')].filter(isSeen);
  const next = all[all.indexOf(summary) + by];
  if (next) next.focus();
};
const onLine = (event, summary) => {
  const details = summary.parentElement;
  switch (event.key) {
  case 'ArrowDown': case 'j': step(summary, 1); break;
  case 'ArrowUp': case 'k': step(summary, -1); break;
  case 'ArrowRight': details.open = true; break;
  case 'ArrowLeft':
    if (details.open) {
      details.open = false;
    } else {
      const outer = details.parentElement.closest('details');
      if (outer) outer.firstElementChild.focus();
    }
    break;
  default: return;
  }
  event.preventDefault();
};
document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target;
  if (target.id === 'q') {
    if (event.key === 'Escape' && state.q !== '') { event.preventDefault(); state.q = ''; $('q').value = ''; change(); }
    else if (event.key === 'ArrowDown') { event.preventDefault(); step(null, 1); }
    return;
  }
  if (event.key === '/' && target.localName !== 'select') { event.preventDefault(); $('q').focus(); $('q').select(); return; }
  if (target.localName === 'summary') onLine(event, target);
});
/* Toggle events do not bubble, but they are captured. */
document.addEventListener('toggle', event => {
  const element = event.target;
  if (!element.open) return;
  const holds = lists.filter(list => list.series === element || list.group.element === element);
  if (holds.length === 1 && holds[0].series) holds[0].series.open = true;
  if (holds.length > 0) { holds.forEach(fillList); paint(); }
  if (element.fill) { element.fill(); paint(); }
  if (element.classList.contains('f')) each(element, '.lines:not(.done)', sideBySide);
}, true);
let timer = 0;
$('q').addEventListener('input', () => {
  clearTimeout(timer);
  timer = setTimeout(() => { state.q = $('q').value; change(); }, count > 2000 ? 150 : 0);
});
$('cause').addEventListener('change', () => { state.cause = $('cause').value; change(); });
each(document, '.levels button', button => {
  button.disabled = button.classList.contains('zero');
  button.addEventListener('click', () => {
    const level = button.dataset.level;
    if (!state.levels.delete(level)) state.levels.add(level);
    change();
  });
});
$('by-cause').addEventListener('click', () => { state.view = 'cause'; change(); });
$('by-path').addEventListener('click', () => { state.view = 'path'; change(); });
$('expand').addEventListener('click', () => setAll(true));
$('collapse').addEventListener('click', () => setAll(false));
window.addEventListener('hashchange', recall);
$('tools').hidden = false;
$('keys').hidden = false;
recall();
})();
