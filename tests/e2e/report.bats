#!/usr/bin/env bats
# The reports of stet diff: JSON against its schema, and the HTML page in headless Chromium, at the width of a phone
# and of a desktop, light and dark, with scripts and without. The results are made by hand (see
# tests/support/report_fixture.h), so that every cause and every kind of hostile string is there.
bats_require_minimum_version 1.5.0

setup_file() {
    : "${STET:?names the program under test}"
    REPOSITORY=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    # Built beside the program.
    SUPPORT=$(cd "$(dirname "$STET")/../tests/support" && pwd)
    PAGES=$(mktemp -d)
    export REPOSITORY SUPPORT PAGES
    export ASAN_OPTIONS=${ASAN_OPTIONS:-exitcode=99:detect_leaks=0}
    local name
    for name in equal all hostile series 10000; do
        "$SUPPORT/stet-test-report" "$name" html >"$PAGES/$name.html"
        "$SUPPORT/stet-test-report" "$name" json >"$PAGES/$name.json"
    done
    cp "$BATS_TEST_DIRNAME/contrast.js" "$PAGES/contrast.js"
}

teardown_file() {
    rm -rf "${PAGES:?}"
}

# browse - runs the browser with the commands of standard input; prints what they print.
browse() {
    TMPDIR=$BATS_TEST_TMPDIR timeout -k 5 120 "$SUPPORT/stet-test-browser"
}

# expect TEXT - is what the last command printed, line by line.
expect() {
    [ "$output" = "$1" ] || {
        printf 'expected:\n%s\ngot:\n%s\n' "$1" "$output"
        return 1
    }
}

# How many findings, groups and nodes of the tree a reader sees, as "findings groups nodes".
SEEN="(() => { const seen = s => [...document.querySelectorAll(s)].filter(e => e.checkVisibility({contentVisibilityAuto: true})).length; return [seen('.f'), seen('.group'), seen('.node')].join(' '); })()"
# Lets timers and events of the page run.
SETTLE="eval new Promise(done => setTimeout(() => done('-'), 250))"

@test "JSON reports validate against the documented schema, and the check can fail" {
    local schema=$REPOSITORY/docs/diff-report.schema.json name
    for name in equal all hostile series 10000; do
        /usr/bin/python3 -m jsonschema -i "$PAGES/$name.json" "$schema"
    done
    local change
    for change in 'del(.verdict)' '.findings[0].sure = "perhaps"' '.findings[0].extra = 1' '.schema = 2' \
        '.findings[4].evidence = "of what is unexplained"' '.groups[0].loud = "yes"' 'del(.findings[0].sure)'; do
        jq "$change" "$PAGES/all.json" >"$BATS_TEST_TMPDIR/broken.json"
        run /usr/bin/python3 -m jsonschema -i "$BATS_TEST_TMPDIR/broken.json" "$schema"
        echo "$change"
        [ "$status" -ne 0 ]
    done
}

@test "the schema, the document and the program name the same members and causes" {
    local doc=$REPOSITORY/docs/diff-report.md schema=$REPOSITORY/docs/diff-report.schema.json word
    for word in $(jq -r '.. | .properties? // empty | keys[]' "$schema" | sort -u) $(jq -r '."$defs".cause.enum[]' "$schema"); do
        grep -qF "\`$word\`" "$doc" || { echo "not in the document: $word"; return 1; }
    done
    # The fixture has every cause.
    diff <(jq -r '.groups[].cause' "$PAGES/all.json" | sort) <(jq -r '."$defs".cause.enum[]' "$schema" | sort)
}

@test "the page makes no request and no complaint, whatever is done with it" {
    local name
    for name in equal all hostile series 10000; do
        run browse <<END
open file://$PAGES/$name.html#open=all
$SETTLE
open file://$PAGES/$name.html#view=path&open=all
$SETTLE
complaints
requests
END
        [ "$status" -eq 0 ]
        # It is the same document with another fragment the second time.
        expect "-
-
file://$PAGES/$name.html"
    done
}

@test "a request that a page would make is seen, and blocked by the policy: the check above can fail" {
    sed 's|<body>|<body><img src="http://tracker.example.org/pixel">|' "$PAGES/all.html" >"$PAGES/image.html"
    sed 's|</body>|<script>document.title = "injected"</script></body>|' "$PAGES/all.html" >"$PAGES/script.html"
    sed "s|default-src 'none'; img-src data:;||; s|<body>|<body><img src=\"http://tracker.example.org/pixel\">|" \
        "$PAGES/all.html" >"$PAGES/open.html"
    run browse <<END
open file://$PAGES/image.html
$SETTLE
complaints
END
    [[ $output == *"Content Security Policy"* ]]
    run browse <<END
open file://$PAGES/script.html
eval document.title.includes('injected')
complaints
END
    [[ $output == "false"*"Content Security Policy"* ]]
    run browse <<END
open file://$PAGES/open.html
$SETTLE
requests
END
    [[ $output == *"http://tracker.example.org/pixel"* ]]
}

@test "search, by the keyboard alone" {
    run browse <<END
size 1280 900
open file://$PAGES/all.html
key /
eval document.activeElement.id
type SHADOW
$SETTLE
eval $SEEN
eval document.querySelector('.f .p').textContent
eval document.querySelector('#status').textContent
eval location.hash
type  password
$SETTLE
eval $SEEN
type  zzz
$SETTLE
eval $SEEN + ' ' + document.querySelector('#none').checkVisibility()
key Escape
eval document.querySelector('#q').value + document.querySelector('#status').textContent
complaints
END
    [ "$status" -eq 0 ]
    expect "q
-
1 1 0
etc/shadow
1 of 58
#q=SHADOW
-
1 1 0
-
0 0 0 true
58 places"
}

@test "search finds values, and what is searched is text and no pattern" {
    run browse <<END
open file://$PAGES/all.html#q=jenkins
eval document.querySelector('#status').textContent
open file://$PAGES/all.html#q=.*
eval document.querySelector('#status').textContent
open file://$PAGES/all.html#q=var/log/apt%20mode%20064
eval document.querySelector('#status').textContent
open file://$PAGES/hostile.html#q=%3Cscript%3E
eval document.querySelector('#status').textContent
eval document.querySelectorAll('script').length
END
    expect "1 of 58
0 of 58
1 of 58
2 of 8
1"
}

@test "filters by cause and level, alone and together" {
    run browse <<END
size 1280 900
open file://$PAGES/all.html
click .levels [data-level=entry]
eval document.querySelector('#status').textContent
click .levels [data-level=image]
eval document.querySelector('#status').textContent
eval document.querySelector('[data-level=image]').getAttribute('aria-pressed')
eval (() => { const s = document.querySelector('#cause'); s.value = 'build-time'; s.dispatchEvent(new Event('change')); return s.value; })()
eval document.querySelector('#status').textContent + '; ' + document.querySelector('#g-build-time .n').textContent
eval $SEEN
eval location.hash
click .levels [data-level=entry]
click .levels [data-level=image]
eval document.querySelector('#status').textContent
END
    [ "$status" -eq 0 ]
    expect "40 of 58
42 of 58
true
build-time
39 of 58; 39 of 39
0 1 0
#cause=build-time&level=entry%2Cimage
39 of 58"
}

@test "the address keeps what was asked for; one that is nonsense is harmless" {
    run browse <<END
open file://$PAGES/all.html#q=usr&cause=build-time&level=entry&view=path
eval document.querySelector('#status').textContent + ' ' + document.querySelector('#cause').value + ' ' + document.querySelector('#tree').checkVisibility()
open file://$PAGES/all.html#cause=nonsense&level=x,y&view=%3Cb%3E
eval document.querySelector('#status').textContent + ' ' + document.querySelector('#groups').checkVisibility()
open file://$PAGES/all.html#g-missing
eval document.querySelector('#g-missing').open + ' ' + document.querySelector('#status').textContent
complaints
END
    expect "37 of 58 build-time true
58 places true
true 58 places"
}

@test "groups and findings open and close, one by one and all at once" {
    run browse <<END
size 1280 900
open file://$PAGES/all.html
eval $SEEN
click #g-missing > summary
eval $SEEN
click #g-missing .f > summary
eval document.querySelector('#g-missing .more').innerText.replace(/\s+/g, ' ')
click #g-missing > summary
eval $SEEN
click #expand
eval $SEEN + ' ' + document.querySelectorAll('.f:not([open])').length
click #collapse
eval $SEEN + ' ' + document.querySelectorAll('.f[open]').length
END
    [ "$status" -eq 0 ]
    expect "2 16 0
3 16 0
entry tar Missing or extra file, certain: Only a has it.
2 16 0
58 16 0 0
0 16 0 0"
}

@test "the tree counts findings below each directory, and opens to the findings" {
    run browse <<END
size 1280 900
open file://$PAGES/all.html
click #by-path
eval [...document.querySelectorAll('#tree > .node > summary')].map(s => s.textContent).join(' ')
click #tree > .node > summary
eval [...document.querySelectorAll('#tree > .node:first-of-type > .kids > .node > summary')].map(s => s.textContent).join(' ')
eval document.querySelectorAll('#tree .node.loud').length > 0
key ArrowDown
key ArrowDown
key ArrowDown
key ArrowRight
$SETTLE
eval document.activeElement.textContent + ' ' + document.activeElement.parentElement.open
key ArrowDown
key ArrowRight
$SETTLE
eval document.activeElement.parentElement.className + ': ' + document.activeElement.parentElement.querySelector('.lines').textContent.slice(0, 13)
key ArrowLeft
key ArrowLeft
eval document.activeElement.textContent
click #expand
eval document.querySelectorAll('#tree .node:not([open])').length
click #collapse
eval document.querySelectorAll('#tree .node[open]').length
complaints
END
    [ "$status" -eq 0 ]
    expect "etc/5 image and layers6 usr/42 var/5
default/locale1 machine-id1 motd1 shadow1 ssh/ssh_host_ed25519_key1
true
-
motd1 true
-
f: @@ lines 1-12
motd1
0
0"
}

@test "lines stand side by side on a desktop and below each other on a phone, what differs in them is marked" {
    local at="(() => { const f = document.querySelector('#g-locale .lines'), r = s => f.querySelector(s).getBoundingClientRect(); const a = r('.change .old > *'), b = r('.change .new > *'); return a.top === b.top && a.right <= b.left ? 'beside' : a.bottom <= b.top && a.left === b.left ? 'below' : 'neither'; })()"
    run browse <<END
size 1280 900
open file://$PAGES/all.html#open=all
$SETTLE
eval $at
eval ${at//locale/build-path}
eval [...document.querySelectorAll('#g-build-path .change .old mark')].map(m => m.textContent).join(' ').slice(0, 8)
eval [...document.querySelectorAll('#g-locale .lines mark')].map(m => m.textContent).join(' ')
eval [...document.querySelectorAll('#g-unexplained .lines mark')].map(m => m.textContent).join(' ')
size 360 800
eval $at
END
    [ "$status" -eq 0 ]
    expect "-
beside
below
2 75 9 c
C de_DE
1 16 64 41 2 8 32 48 8 9
below"
}

@test "nothing is wider than a phone or a desktop" {
    local name width
    for name in equal all hostile series 10000; do
        for width in 320 360 1280; do
            for arranged in open=all 'view=path&open=all'; do
                printf 'size %s 800\nopen file://%s\n%s\neval document.documentElement.scrollWidth - %s\n' \
                    "$width" "$PAGES/$name.html#$arranged" "$SETTLE" "$width"
            done
        done
    done >"$BATS_TEST_TMPDIR/commands"
    run browse <"$BATS_TEST_TMPDIR/commands"
    [ "$status" -eq 0 ]
    expect "$(for ((i = 0; i < 30; i++)); do printf -- '-\n0\n'; done)"
}

@test "10,000 findings: few elements, quick answers, and all can be reached" {
    run browse <<END
size 360 800
open file://$PAGES/10000.html
eval document.querySelectorAll('*').length < 500
eval performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd < 10000
click #g-owner > summary
eval document.querySelectorAll('#g-owner .f').length
eval document.querySelector('#g-owner .show').textContent
click #g-owner .show
eval document.querySelectorAll('#g-owner .f').length + ' ' + document.activeElement.localName
eval (() => { while (!document.querySelector('#g-owner .show').hidden) document.querySelector('#g-owner .show').click(); return document.querySelectorAll('#g-owner .f').length; })()
eval new Set([...document.querySelectorAll('#g-owner .f .p')].map(p => p.textContent)).size
open file://$PAGES/10000.html#q=file-09999
$SETTLE
click #g-unexplained > summary
eval document.querySelector('#g-unexplained .f .p').textContent + ' ' + document.querySelector('#status').textContent
eval (() => { const begin = performance.now(); document.querySelector('#q').value = ''; location.hash = '#q=0777'; return new Promise(done => setTimeout(() => done(performance.now() - begin < 3000), 100)); })()
click #by-path
click #expand
eval document.querySelectorAll('*').length < 60000
complaints
END
    [ "$status" -eq 0 ]
    expect "true
true
50
Show 200 more of 1,950
250 summary
2000
2000
-
usr/share/d09/e09/file-09999.txt 1 of 10,000
true
true"
}

@test "series: what is the same stands above them, and each opens to its findings" {
    run browse <<END
size 1280 900
open file://$PAGES/series.html
click #collapse
click #g-owner > summary
eval [...document.querySelectorAll('#g-owner > .series > summary')].map(s => s.innerText.replace(/\s+/g, ' ')).join('|')
eval $SEEN
click #g-owner .series > summary
eval $SEEN
eval document.querySelector('#g-owner .series .list').innerText.replace(/\s+/g, ' ').slice(0, 14)
eval document.querySelector('#g-owner .about').innerText.replace(/\s+/g, ' ')
click #collapse
click #g-unexplained > summary
$SETTLE
eval $SEEN
click #g-unexplained .list .f > summary
$SETTLE
eval document.querySelectorAll('#g-unexplained .lines.done').length
complaints
END
    [ "$status" -eq 0 ]
    expect "mode 30 in usr 20, var 6, etc 4 in all of them: 0644 0600
1 3 0
31 3 0
etc/c0 etc/c1 
entry tar Owner or umask, likely: By the umask alone.
-
4 3 0
-
1"
}

@test "search finds findings in series, shows them where they are few, and puts them away" {
    run browse <<END
size 390 844
open file://$PAGES/series.html
click #collapse
key /
type usr/share/a7
$SETTLE
eval $SEEN + ' ' + document.querySelector('#status').textContent + ' ' + document.querySelector('#g-owner .series .n').textContent
key Escape
$SETTLE
eval $SEEN
type mode 0600
$SETTLE
eval document.querySelector('#status').textContent
key Escape
type user3 days 20781
$SETTLE
eval document.querySelector('#status').textContent
key Escape
type 1795457912
$SETTLE
eval document.querySelector('#status').textContent
open file://$PAGES/series.html#level=content
eval document.querySelector('#status').textContent
open file://$PAGES/series.html#view=path&q=user3
$SETTLE
eval [...document.querySelectorAll('#tree .node .f')].length
click #expand
eval [...document.querySelectorAll('#tree .f')].map(f => f.innerText.replace(/\s+/g, ' ')).join('|')
complaints
END
    [ "$status" -eq 0 ]
    expect "-
1 1 0 1 of 47 1 of 30
-
0 3 0
-
30 of 47
-
1 of 47
-
2 of 47
11 of 47
-
1
user3: last change (days) 20780 20781 build time"
}

@test "without scripts everything is there to read" {
    run browse <<END
scripts off
size 360 800
open file://$PAGES/all.html
eval document.querySelectorAll('.f').length
eval document.querySelector('#tools').checkVisibility()
click #g-locale > summary
click #g-locale .f > summary
eval document.querySelector('#g-locale .lines').innerText.replace(/\n+/g, '|')
eval document.documentElement.scrollWidth
open file://$PAGES/10000.html
eval document.querySelectorAll('.f').length
open file://$PAGES/series.html
eval document.querySelectorAll('.f').length
END
    [ "$status" -eq 0 ]
    expect "58
false
@@ lines 1-2|LANG=C.UTF-8|LANG=de_DE.UTF-8|LC_CTYPE=C.UTF-8
360
10000
47"
}

@test "hostile names and contents run nothing and end no element" {
    run browse <<END
open file://$PAGES/hostile.html#open=all
$SETTLE
eval document.querySelectorAll('.f').length + ' ' + document.querySelectorAll('script').length + ' ' + document.querySelectorAll('img, iframe, a, object, embed, form').length
eval [...document.querySelectorAll('*')].every(e => [...e.attributes].every(a => !a.name.startsWith('on')))
eval [...document.querySelectorAll('.f .p')].map(p => p.textContent).join('|')
eval document.querySelectorAll('body ~ *, main main, .f .f').length
open file://$PAGES/hostile.html#view=path&open=all
$SETTLE
eval [...document.querySelectorAll('#tree > .node > summary .p')].map(p => p.textContent).join('|')
eval document.querySelectorAll('script').length
complaints
END
    [ "$status" -eq 0 ]
    expect '-
8 1 0
true
</style></script></noscript></title></textarea>|<script>alert(1)</script>|__proto__/constructor/toString|//!!//|日本語/ファイル\u003c\|the layer itself|a\u{202e}txt.exe|" onload="alert(2)
0
-
//!!//|" onload="alert(2)|</style></script></noscript></title></textarea>|<script>alert(1)</script>|__proto__/constructor/toString|a\u{202e}txt.exe|image and layers|日本語/ファイル\u003c\
1'
}

@test "text has the contrast of WCAG AA, light and dark, on both widths" {
    local scheme width contrast
    contrast=$(tr '\n' ' ' <"$PAGES/contrast.js")
    for scheme in light dark; do
        for width in 360 1280; do
            printf '%s\n' "$scheme" "size $width 900" "open file://$PAGES/all.html#open=all&q=e" "$SETTLE" \
                "eval $contrast" "open file://$PAGES/all.html#view=path&open=all&level=entry" "$SETTLE" "eval $contrast"
        done
    done >"$BATS_TEST_TMPDIR/commands"
    run browse <"$BATS_TEST_TMPDIR/commands"
    [ "$status" -eq 0 ]
    echo "$output"
    # So many texts were judged each time, and none is too faint.
    [ "$(grep -Exc '[1-9][0-9]{2,} texts: ' <<<"$output")" -eq 8 ]
    # The check can fail.
    sed 's/--soft: #625d55/--soft: #a8a8a8/' "$PAGES/all.html" |
        sed "s/style-src '[^']*'/style-src 'unsafe-inline'/" >"$PAGES/faint.html"
    run browse <<END
light
open file://$PAGES/faint.html
eval $contrast
END
    [[ $output == *" texts: "*.*:* ]]
}

@test "screenshots have the size of the window and are not blank" {
    local scheme width words i=0
    for scheme in light dark; do
        for width in 360 1280; do
            printf '%s\n' "$scheme" "size $width 900" "open file://$PAGES/all.html" \
                "shot $BATS_TEST_TMPDIR/$scheme-$width.png" "open about:blank" "shot $BATS_TEST_TMPDIR/blank.png"
        done
    done >"$BATS_TEST_TMPDIR/commands"
    run browse <"$BATS_TEST_TMPDIR/commands"
    [ "$status" -eq 0 ]
    for scheme in light dark; do
        # A phone has two pixels where a desktop has one.
        for width in 720 1280; do
            read -ra words <<<"${lines[i]}"
            [ "${words[0]} ${words[1]}" = "$width $((width == 720 ? 1800 : 900))" ]
            # Letters are drawn in hundreds of shades; an empty page in one colour, or a few.
            [ "${words[2]}" -gt 200 ]
            read -ra words <<<"${lines[i + 1]}"
            [ "${words[2]}" -lt 5 ]
            i=$((i + 2))
        done
    done
    [ "$(stat -c %s "$BATS_TEST_TMPDIR/dark-360.png")" -gt 20000 ]
    ! cmp -s "$BATS_TEST_TMPDIR/light-1280.png" "$BATS_TEST_TMPDIR/dark-1280.png"
}
