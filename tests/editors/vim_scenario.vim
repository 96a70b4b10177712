" What Vim with ALE shows of a file: run in a terminal, writes down what a user would see.

let s:given = json_decode(join(readfile($STACKWARD_TEST), "\n"))
let s:patience = 120.0

" Wait for something that must happen; jobs are served meanwhile.
func s:Wait(what, Happened)
  let start = reltime()
  while !a:Happened()
    if reltimefloat(reltime(start)) > s:patience
      call writefile(['failed: ' . a:what, string(s:Shown()), execute('messages')], s:given.out . '.failed')
      cquit!
    endif
    sleep 20m
  endwhile
endfunc

func s:Shown()
  let all = []
  for one in ale#engine#GetLoclist(bufnr(''))
    let text = get(one, 'end_lnum', one.lnum) == one.lnum
          \ ? strpart(getline(one.lnum), one.col - 1, get(one, 'end_col', one.col) - one.col + 1) : ''
    call add(all, {'row': one.lnum - 1, 'text': text, 'message': one.text, 'linter': one.linter_name})
  endfor
  return all
endfunc

func s:Sized()
  return len(filter(s:Shown(), {_, one -> one.message =~# ' bytes'})) > 0
endfunc

func s:Go()
  let facts = {}
  execute 'edit' fnameescape(s:given.file)
  call s:Wait('hints', {-> s:Sized()})
  let facts.diagnostics = s:Shown()
  call setline(s:given.row + 1, s:given.edited)
  silent write
  call s:Wait('the hint gone', {-> s:Sized() && empty(filter(s:Shown(), {_, one -> one.row == s:given.row}))})
  let facts.saved = s:Shown()
  call writefile([json_encode(facts)], s:given.out)
  qall!
endfunc

call timer_start(0, {-> s:Go()})
