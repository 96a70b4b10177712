package httpapi

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"example.com/storefront/internal/reqctx"
)

// Middleware wraps a handler.
type Middleware func(http.Handler) http.Handler

// Chain applies middleware so that the first one sees a request first.
func Chain(h http.Handler, all ...Middleware) http.Handler {
	for i := len(all) - 1; i >= 0; i-- {
		h = all[i](h)
	}
	return h
}

// Logger is told one line per request.
type Logger func(format string, args ...interface{})

// AccessLog tells a logger of each request, with its time and status.
func AccessLog(log Logger) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start := time.Now()
			status := http.StatusOK
			record := statusWriter{ResponseWriter: w, set: func(code int) { status = code }}
			next.ServeHTTP(&record, r)
			log("%s %s %s %d %v", reqctx.From(r.Context()).RequestID, r.Method, r.URL.Path, status, time.Since(start))
		})
	}
}

type statusWriter struct {
	http.ResponseWriter
	set func(int)
}

func (w *statusWriter) WriteHeader(code int) {
	w.set(code)
	w.ResponseWriter.WriteHeader(code)
}

// Identify puts what is known of a request into its context. Requests are numbered with a prefix.
func Identify(prefix string) Middleware {
	if prefix == "" {
		prefix = "req"
	}
	prefix = strings.ToLower(prefix)
	var mu sync.Mutex
	number := 0
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			number++
			id := fmt.Sprintf("%s-%d", prefix, number)
			mu.Unlock()
			info := reqctx.Info{
				RequestID: id,
				Customer:  r.Header.Get("X-Customer"),
				Country:   r.Header.Get("X-Country"),
				Currency:  r.URL.Query().Get("currency"),
			}
			w.Header().Set("X-Request-Id", id)
			next.ServeHTTP(w, r.WithContext(reqctx.With(r.Context(), info)))
		})
	}
}

// Recover turns a panic into an answer.
func Recover(log Logger) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			failed := true
			defer func() {
				if failed {
					log("panic in %s: %v", r.URL.Path, recover())
					http.Error(w, "internal error", http.StatusInternalServerError)
				}
			}()
			next.ServeHTTP(w, r)
			failed = false
		})
	}
}
