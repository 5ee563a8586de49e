// Returns what is wrong with a page, in sentences.
(() => {
    const wrong = [];
    const all = (selector) => [...document.querySelectorAll(selector)];
    const say = (it) => `<${it.tagName.toLowerCase()}> ${(it.innerText || it.outerHTML).trim().slice(0, 60)}`;

    if (!document.documentElement.lang) wrong.push("the page has no language");
    if (!document.title.trim()) wrong.push("the page has no title");
    for (const landmark of ["main", "body > header", "body > footer", "h1"]) {
        if (all(landmark).length !== 1) wrong.push(`there are ${all(landmark).length} of ${landmark}, not one`);
    }
    const skip = document.querySelector("a");
    if (!skip || !document.querySelector(skip.getAttribute("href"))) wrong.push("the first link skips nothing");

    let level = 0;
    for (const heading of all("h1, h2, h3, h4, h5, h6")) {
        const next = Number(heading.tagName[1]);
        if (next > level + 1) wrong.push(`a heading skips a level: ${say(heading)}`);
        level = next;
    }

    const ids = all("[id]").map((it) => it.id);
    ids.filter((id, at) => ids.indexOf(id) !== at).forEach((id) => wrong.push(`the id ${id} is there twice`));
    for (const attribute of ["aria-labelledby", "aria-describedby", "for"]) {
        for (const it of all(`[${attribute}]`)) {
            for (const id of it.getAttribute(attribute).split(" ")) {
                if (!document.getElementById(id)) wrong.push(`${attribute} names ${id}, which is not there`);
            }
        }
    }
    for (const it of all("input:not([type=hidden]), select, textarea")) {
        if (it.labels.length === 0) wrong.push(`a field has no label: ${say(it)}`);
    }
    for (const it of all("img:not([alt])")) wrong.push(`a picture has no words: ${say(it)}`);
    for (const table of all("table")) {
        if (!table.caption || !table.caption.innerText.trim()) wrong.push(`a table has no caption: ${say(table)}`);
        for (const cell of table.querySelectorAll("th")) {
            if (!cell.scope) wrong.push(`a heading of a table has no scope: ${say(cell)}`);
        }
    }

    const overflow = document.documentElement.scrollWidth - window.innerWidth;
    if (overflow > 0) wrong.push(`the page is ${overflow} pixels wider than the window`);
    for (const it of all("*")) {
        const scrolls = ["auto", "scroll"].includes(getComputedStyle(it).overflowX) && it.scrollWidth > it.clientWidth;
        if (scrolls && it.tabIndex < 0) wrong.push(`what scrolls cannot be scrolled by keys: ${say(it)}`);
    }
    for (const it of all("button, .chips a, summary")) {
        const box = it.getBoundingClientRect();
        if (box.height > 0 && (box.height < 24 || box.width < 24)) wrong.push(`a target is small: ${say(it)}`);
    }

    // Contrast, as WCAG counts it: 4.5 for text, 3 for large text and for the edges of fields.
    const parse = (text) => {
        const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
        return { r, g, b, a };
    };
    const over = (top, below) => ({
        r: top.r * top.a + below.r * (1 - top.a),
        g: top.g * top.a + below.g * (1 - top.a),
        b: top.b * top.a + below.b * (1 - top.a),
        a: 1,
    });
    const ground = (it) => {
        if (!it) return parse(matchMedia("(prefers-color-scheme: dark)").matches ? "rgb(0,0,0)" : "rgb(255,255,255)");
        const colour = parse(getComputedStyle(it).backgroundColor);
        return colour.a === 1 ? colour : over(colour, ground(it.parentElement));
    };
    const light = ({ r, g, b }) => {
        const part = (value) => {
            const share = value / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        };
        return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
    };
    const contrast = (one, other) => {
        const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
        return (high + 0.05) / (low + 0.05);
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const it = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || !it.checkVisibility()) continue;
        const style = getComputedStyle(it);
        const size = parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        const below = ground(it);
        const ratio = contrast(over(parse(style.color), below), below);
        if (ratio < (large ? 3 : 4.5)) wrong.push(`text has a contrast of ${ratio.toFixed(2)}: ${say(it)}`);
    }
    for (const it of all("input:not([type=hidden])")) {
        const ratio = contrast(parse(getComputedStyle(it).borderTopColor), ground(it.parentElement));
        if (ratio < 3) wrong.push(`the edge of a field has a contrast of ${ratio.toFixed(2)}: ${say(it)}`);
    }
    return [...new Set(wrong)];
})()
