;;; emacs_lsp_mode.el --- A round through a file with lsp-mode -*- lexical-binding: t -*-

(require 'lsp-mode)
(require 'flymake)

;; Nothing asks questions, nothing is downloaded, and only this server runs.
(setq lsp-enable-suggest-server-download nil
      lsp-enabled-clients '(stackward)
      lsp-restart 'ignore
      lsp-response-timeout st-patience
      lsp-keep-workspace-alive nil
      lsp-headerline-breadcrumb-enable nil
      lsp-modeline-diagnostics-enable nil
      lsp-modeline-code-actions-enable nil
      lsp-enable-file-watchers nil
      lsp-diagnostics-provider :flymake
      lsp-session-file (expand-file-name "lsp-session" (getenv "HOME")))
(load (st-get 'readme) nil t)

(defun st-server ()
  (car (lsp-workspaces)))

(defun st-diagnostics ()
  "What lsp-mode knows of this file, as the places that it would mark."
  (mapcar (lambda (one)
            (let ((region (lsp--range-to-region (lsp-get one :range))))
              `((row . ,(st-row (car region)))
                (text . ,(st-covered (car region) (cdr region)))
                (message . ,(lsp-get one :message)))))
          (gethash (lsp--fix-path-casing buffer-file-name) (lsp-diagnostics t))))

(defun st-settle (what number)
  "Wait until the line of the test has NUMBER hints, with sizes."
  (st-wait what
           (lambda ()
             (let ((here (cl-remove-if-not
                          (lambda (one) (eql (st-get 'row) (cdr (assq 'row one))))
                          (st-diagnostics))))
               (and (= number (length here))
                    (cl-some (lambda (one) (string-match-p " bytes" (cdr (assq 'message one)))) here))))))

(defun st-started ()
  (st-wait "the server"
           (lambda () (and (st-server) (eq 'initialized (lsp--workspace-status (st-server)))))))

(let (facts)
  (st-open)
  (lsp-workspace-folders-add (st-get 'folder))
  (lsp)
  (st-started)
  (st-settle "the first hints" 4)
  (push `(diagnostics . ,(st-vector (st-diagnostics))) facts)
  (goto-char (point-min))
  (forward-line (st-get 'row))
  (search-forward (st-get 'hover) (line-end-position))
  (backward-char)
  (let* ((hover (lsp-request "textDocument/hover" (lsp--text-document-position-params)))
         (region (lsp--range-to-region (lsp-get hover :range))))
    (push `(hover . ((text . ,(st-covered (car region) (cdr region)))
                     (value . ,(lsp-get (lsp-get hover :contents) :value))))
          facts))
  (push `(lenses . ,(st-vector
                     (mapcar (lambda (lens)
                               (let ((region (lsp--range-to-region (lsp-get lens :range))))
                                 (st-covered (car region) (cdr region))))
                             (append (lsp-request "textDocument/codeLens"
                                                  (list :textDocument (lsp--text-document-identifier)))
                                     nil))))
        facts)
  (st-edit)
  (st-settle "hints after saving" 3)
  (push `(saved . ,(st-vector (st-diagnostics))) facts)
  ;; The server is killed; the user starts it again.
  (let ((process (lsp--workspace-cmd-proc (st-server))))
    (signal-process process 9)
    (st-wait "the end of the server" (lambda () (not (lsp-workspaces)))))
  (lsp)
  (st-started)
  (st-settle "hints of the new server" 3)
  (push `(after_crash . ,(st-vector (st-diagnostics))) facts)
  (push `(before_rewrite . ,(buffer-string)) facts)
  (st-rewrite (lambda () (mapcar (lambda (one) (lsp-get one :title)) (lsp-code-actions-at-point)))
              (lambda () (call-interactively #'lsp-execute-code-action)))
  (st-wait "the hint gone after the rewrite" (lambda () (not (st-shows (st-diagnostics)))))
  (push `(root . ,(lsp-workspace-root)) facts)
  (st-finish facts))

;;; emacs_lsp_mode.el ends here
