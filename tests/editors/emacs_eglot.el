;;; emacs_eglot.el --- A round through a file with eglot -*- lexical-binding: t -*-

(require 'eglot)
(require 'flymake)
(require 'project)

(setq eglot-sync-connect st-patience
      eglot-connect-timeout st-patience
      jrpc-default-request-timeout st-patience
      eglot-autoreconnect nil
      flymake-no-changes-timeout 0.1)
(load (st-get 'readme) nil t)

(defvar st-state nil "The state of the last `stackward/status'.")
(cl-defmethod eglot-handle-notification
  (_server (_method (eql stackward/status)) &key state &allow-other-keys)
  (setq st-state state))

(defun st-diagnostics ()
  "What flymake shows, in order."
  (mapcar (lambda (one)
            (let ((start (flymake-diagnostic-beg one))
                  (end (flymake-diagnostic-end one)))
              `((row . ,(st-row start))
                (text . ,(st-covered start end))
                (message . ,(flymake-diagnostic-text one)))))
          (sort (flymake-diagnostics)
                (lambda (a b) (< (flymake-diagnostic-beg a) (flymake-diagnostic-beg b))))))

(defun st-on-row (row)
  (cl-remove-if-not (lambda (one) (eql row (cdr (assq 'row one)))) (st-diagnostics)))

(defun st-settle (what number)
  "Wait until the line of the test has NUMBER hints and the server rests."
  (st-wait what (lambda ()
                  (flymake-start)
                  (and (equal st-state "idle")
                       (= number (length (st-on-row (st-get 'row))))))))

(defun st-request (method &rest more)
  (jsonrpc-request (eglot-current-server) method
                   (append (eglot--TextDocumentPositionParams) more) :timeout st-patience))

(defun st-cover-range (range)
  (let ((region (if (fboundp 'eglot-range-region)
                    (eglot-range-region range)
                  (eglot--range-region range))))
    (st-covered (car region) (cdr region))))

(defun st-inlay ()
  "The inlay hints that eglot shows: the line up to each, and its text."
  (when (fboundp 'eglot-inlay-hints-mode)
    (eglot-inlay-hints-mode 1)
    (st-wait "inlay hints"
             (lambda ()
               ;; In batch nothing is displayed, so nothing asks for them by itself.
               (eglot--update-hints-1 (point-min) (point-max))
               (accept-process-output nil 0.1)
               (cl-some (lambda (one) (overlay-get one 'eglot--inlay-hint))
                        (overlays-in (point-min) (point-max)))))
    (let (all)
      (dolist (one (overlays-in (point-min) (point-max)))
        (when (overlay-get one 'eglot--inlay-hint)
          (let* ((after (overlay-get one 'after-string))
                 ;; One after a character is on that character.
                 (at (if after (overlay-end one) (overlay-start one))))
            (push `((row . ,(st-row at))
                    (before . ,(save-excursion
                                 (goto-char at)
                                 (st-covered (line-beginning-position) at)))
                    (label . ,(substring-no-properties
                               (or after (overlay-get one 'before-string)))))
                  all))))
      all)))

(let (facts)
  (st-open)
  (apply #'eglot (eglot--guess-contact))
  (flymake-mode 1)
  (let* ((server (eglot-current-server))
         (row (st-get 'row)))
    (st-settle "the first hints" 4)
    (push `(diagnostics . ,(st-vector (st-diagnostics))) facts)
    (push `(root . ,(expand-file-name (project-root (eglot--project server)))) facts)
    ;; On the last character of the expression: one further is another place.
    (goto-char (point-min))
    (forward-line row)
    (search-forward (st-get 'hover) (line-end-position))
    (backward-char)
    (let ((hover (st-request :textDocument/hover)))
      (push `(hover . ((text . ,(st-cover-range (plist-get hover :range)))
                       (value . ,(plist-get (plist-get hover :contents) :value))))
            facts))
    (push `(inlay . ,(st-vector (st-inlay))) facts)
    (let ((lenses (jsonrpc-request server :textDocument/codeLens
                                   (list :textDocument (eglot--TextDocumentIdentifier)))))
      (push `(lenses . ,(st-vector (mapcar (lambda (lens) (st-cover-range (plist-get lens :range))) lenses)))
            facts))
    (setq st-state nil)
    (st-edit)
    (st-settle "hints after saving" 3)
    (push `(saved . ,(st-vector (st-diagnostics))) facts)
    ;; The server is killed; the user starts it again.
    (let ((process (jsonrpc--process server)))
      (signal-process process 9)
      (st-wait "the end of the server" (lambda () (not (jsonrpc-running-p server)))))
    (setq st-state nil)
    (apply #'eglot (eglot--guess-contact))
    (st-settle "hints of the new server" 3)
    (push `(after_crash . ,(st-vector (st-diagnostics))) facts)
    (push `(before_rewrite . ,(buffer-string)) facts)
    (st-rewrite (lambda ()
                  (mapcar (lambda (one) (plist-get one :title))
                          (append (eglot-code-actions (point)) nil)))
                (lambda () (eglot-code-actions (point) (point) nil t)))
    (st-wait "the hint gone after the rewrite" (lambda () (flymake-start) (not (st-shows (st-diagnostics)))))
    (eglot-shutdown (eglot-current-server)))
  (st-finish facts))

;;; emacs_eglot.el ends here
