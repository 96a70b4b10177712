package reqctx

import (
	"context"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	info := Info{"r-1", "c-7", "DE", "EUR"}
	if got := From(With(context.Background(), info)); got != info {
		t.Errorf("got %+v", got)
	}
	if got := From(context.Background()); got != (Info{}) {
		t.Errorf("got %+v", got)
	}
}

func BenchmarkContext(b *testing.B) {
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		if From(With(context.Background(), Info{"r-1", "c-7", "DE", "EUR"})).Country != "DE" {
			b.Fatal("lost")
		}
	}
}
