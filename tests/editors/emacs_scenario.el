;;; emacs_scenario.el --- What Emacs shows of a file -*- lexical-binding: t -*-

;; Run in batch.  Takes its orders from the JSON file in the variable
;; STACKWARD_TEST and writes down what a user would see; Python judges.

;; The compiler to machine code would look for Emacs where the package is not installed.
(setq native-comp-enable-subr-trampolines nil
      comp-enable-subr-trampolines nil
      native-comp-deferred-compilation nil
      native-comp-jit-compilation nil)

(require 'json)
(require 'cl-lib)

(defvar st-given
  (let ((json-object-type 'alist) (json-array-type 'list))
    (json-read-file (getenv "STACKWARD_TEST"))))

(defun st-get (key) (cdr (assq key st-given)))

(dolist (folder (st-get 'load_path))
  (add-to-list 'load-path folder))

(defvar st-patience 120 "Seconds; only what hangs takes so long.")

(defun st-wait (what happened)
  "Serve processes until the function HAPPENED gives a value; WHAT names it."
  (let ((deadline (+ (float-time) st-patience)) value)
    (while (not (setq value (funcall happened)))
      (when (> (float-time) deadline)
        (error "%s did not happen" what))
      (accept-process-output nil 0.02))
    value))

(defun st-covered (start end)
  (buffer-substring-no-properties start end))

(defun st-shows (diagnostics)
  "Whether one of DIAGNOSTICS is what the rewrite is to take away."
  (cl-find (st-get 'saved) diagnostics :key (lambda (one) (cdr (assq 'text one))) :test #'equal))

(defun st-row (point)
  (1- (line-number-at-pos point t)))

(defun st-vector (items) (apply #'vector items))

(require 'go-mode)
;; The server that the configuration names is the one of the test.
(setenv "PATH" (concat (st-get 'bin) path-separator (getenv "PATH")))
(push (st-get 'bin) exec-path)
(setq create-lockfiles nil
      make-backup-files nil
      auto-save-default nil)

(defun st-open ()
  (find-file (st-get 'file))
  (unless (derived-mode-p 'go-mode) (go-mode)))

(defun st-edit ()
  "Replace the line as the test asks for, and save."
  (goto-char (point-min))
  (forward-line (st-get 'row))
  (delete-region (point) (line-beginning-position 2))
  (insert (st-get 'edited))
  (save-buffer))

;; What a user takes from a list.
(defun st-take (start collection)
  "The choice that begins with START."
  (or (cl-find-if (lambda (one) (string-prefix-p start one)) (all-completions "" collection))
      (error "Nothing to choose begins with %s" start)))

(defun st-rewrite (offered choose)
  "Make the rewrite of the test and save.
OFFERED gives the titles at point; the command CHOOSE has the user take one."
  (let ((title (st-get 'rewrite)))
    (goto-char (point-min))
    (search-forward (st-get 'rewritten))
    (backward-char)
    (st-wait "a rewrite"
             ;; A request that the server has given up is made again.
             (lambda () (cl-some (lambda (one) (string-prefix-p title one)) (ignore-errors (funcall offered)))))
    (cl-letf (((symbol-function 'completing-read)
               (lambda (_prompt collection &rest _) (st-take title collection)))
              ;; By the keyboard, not from a menu.
              (last-nonmenu-event ?\r))
      (funcall choose))
    (save-buffer)))

(defun st-finish (facts)
  (with-temp-file (st-get 'out)
    (set-buffer-file-coding-system 'utf-8-unix)
    (insert (json-encode facts))))

(condition-case err
    (progn
      (load (st-get 'part) nil t)
      (kill-emacs 0))
  (error
   (message "failed: %s" (error-message-string err))
   (kill-emacs 1)))

;;; emacs_scenario.el ends here
