package httpapi

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sort"
	"sync"

	"example.com/storefront/internal/catalog"
	"example.com/storefront/internal/labels"
	"example.com/storefront/internal/render"
	"example.com/storefront/internal/reqctx"
)

// printLabels writes the labels of some orders into the spool folder.
func (s *Server) printLabels(w http.ResponseWriter, r *http.Request) {
	var ids []string
	if err := json.NewDecoder(io.LimitReader(r.Body, maxBody)).Decode(&ids); err != nil {
		http.Error(w, fmt.Sprintf("bad request: %v", err), http.StatusBadRequest)
		return
	}
	var printed []*labels.Label
	for _, id := range ids {
		o, err := s.orders.Get(id)
		if err != nil {
			s.fail(w, err)
			return
		}
		label, err := labels.New(o.ID, o.Country, o.Grams)
		if err != nil {
			s.fail(w, err)
			return
		}
		printed = append(printed, label)
	}
	if err := labels.WriteAll(s.spool, printed); err != nil {
		s.fail(w, err)
		return
	}
	s.answer(w, http.StatusOK, map[string]interface{}{"printed": len(printed)})
}

// productRows writes products as rows of CSV.
type productRows struct {
	w io.Writer
}

func (p productRows) write(product catalog.Product) error {
	grams := fmt.Sprintf("%d", product.Grams)
	return render.CSV(p.w, product.SKU, product.Name, render.Price(product.Price), grams, product.HSCode, product.Origin)
}

func (s *Server) exportProducts(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/csv")
	rows := productRows{w: w}
	if err := s.catalog.Each(rows.write); err != nil {
		s.log("export of products: %v", err)
	}
}

// Stats counts requests since they were last asked for.
type Stats struct {
	mu     sync.Mutex
	counts map[string]int
}

// NewStats makes counters that are all zero.
func NewStats() *Stats {
	return &Stats{counts: map[string]int{}}
}

func (s *Stats) add(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[key]++
}

// Take returns the counts and starts anew.
func (s *Stats) Take() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := map[string]int{}
	for key, n := range s.counts {
		taken[key] = n
	}
	s.counts = map[string]int{}
	return taken
}

// Count counts requests by method, country and status.
func Count(stats *Stats) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			status := http.StatusOK
			record := statusWriter{ResponseWriter: w, set: func(code int) { status = code }}
			next.ServeHTTP(&record, r)
			stats.add(fmt.Sprintf("%s %s %v", r.Method, reqctx.From(r.Context()).Country, status))
		})
	}
}

// counts answers with how many requests there were since it was last asked, most frequent first.
func (s *Server) counts(w http.ResponseWriter, r *http.Request) {
	type row struct {
		Key   string `json:"key"`
		Count int    `json:"count"`
	}
	rows := []row{}
	for key, count := range s.stats.Take() {
		rows = append(rows, row{key, count})
	}
	sort.Slice(rows, func(i, j int) bool {
		if rows[i].Count != rows[j].Count {
			return rows[i].Count > rows[j].Count
		}
		return rows[i].Key < rows[j].Key
	})
	s.answer(w, http.StatusOK, rows)
}
