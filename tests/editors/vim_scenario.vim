" What Vim with ALE shows of a file: run in a terminal, writes down what a user would see.

let s:given = json_decode(join(readfile($STACKWARD_TEST), "\n"))
let s:patience = 120.0
let s:asked = 0
let s:titles = []

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

" Whether the line that is rewritten has a hint with a size, as long as it is there.
func s:Hinted()
  let Here = {_, one -> stridx(getline(one.row + 1), s:given.rewritten) >= 0 && one.message =~# ' bytes'}
  return len(filter(s:Shown(), Here)) > 0
endfunc

" The servers that this Vim has started. Wide, as a terminal would cut off what a long path is followed by.
func s:Servers()
  let listed = systemlist('ps -ww -o pid=,stat=,args= --ppid ' . getpid())
  return map(filter(listed, {_, one -> one =~# 'serve' && one !~# '^\s*\d\+\s\+Z'}), {_, one -> split(one)[0]})
endfunc

" Whether ALE believes that a server of its own runs.
func s:Connected()
  let Open = {_, one -> has_key(one, 'job_id') && ale#job#HasOpenChannel(one.job_id)}
  return !empty(filter(values(ale#lsp#GetConnections()), Open))
endfunc

" Whether the rewrite is offered at the cursor; what is not known yet is asked for again, and so is what ALE forgot.
func s:Offered()
  if s:asked + 10 < localtime()
    let s:asked = localtime()
    call ale#codefix#Execute(0, function('s:TakeOffers'))
  endif
  return len(filter(copy(s:titles), {_, one -> stridx(one, s:given.rewrite) == 0})) > 0
endfunc

" Whether the rewrite has been made. The list waits for an answer; where ALE shows none it is asked for again.
func s:Rewritten()
  if getline(1, '$') != readfile(s:given.file)
    return 1
  endif
  if s:asked + 20 < localtime()
    let s:asked = localtime()
    ALECodeAction
  endif
  return 0
endfunc

func s:TakeOffers(data, items)
  let s:asked = 0
  let s:titles = map(copy(a:items), {_, one -> one[1].title})
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
  let facts.edited = join(readfile(s:given.file, 'b'), "\n")
  silent undo
  silent write
  call s:Wait('the hint again', {-> s:Hinted()})
  " The server is killed; ALE starts it again when it next looks at the file.
  let facts.killed = s:Servers()
  call system('kill -9 ' . join(facts.killed))
  call s:Wait('the end of the server', {-> empty(s:Servers()) && !s:Connected()})
  silent write
  call s:Wait('another server', {-> !empty(s:Servers())})
  call s:Wait('its hints', {-> s:Hinted()})
  let facts.after_crash = s:Shown()
  " The user takes a rewrite from the list, by its number.
  call cursor(s:given.row + 1, stridx(getline(s:given.row + 1), 'Sprintf') + 1)
  call s:Wait('the offer of a rewrite', {-> s:Offered()})
  let s:asked = 0
  call s:Wait('the rewrite', {-> s:Rewritten()})
  silent write
  call s:Wait('the hint gone after the rewrite', {-> !s:Hinted()})
  call writefile([json_encode(facts)], s:given.out)
  qall!
endfunc

call timer_start(0, {-> s:Go()})
