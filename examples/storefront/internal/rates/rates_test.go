package rates

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestConvert(t *testing.T) {
	book := NewBook(NewRate("EUR", 0.5), NewRate("JPY", 150))
	for currency, want := range map[string]int64{"EUR": 50, "JPY": 15000} {
		if got, err := book.Convert(100, currency); got != want || err != nil {
			t.Errorf("Convert(100, %s) = %d, %v", currency, got, err)
		}
	}
	if _, err := book.Convert(1, "XXX"); !errors.Is(err, ErrUnknown) {
		t.Errorf("got %v", err)
	}
}

func TestFeed(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	source := func(context.Context, string) (float64, error) { return 2, nil }
	updates := Feed(ctx, source, []string{"EUR"}, time.Millisecond)
	book := NewBook()
	book.Set(<-updates)
	cancel()
	Follow(book, updates, time.Minute, func(time.Duration) {})
	if got, err := book.Convert(10, "EUR"); got != 20 || err != nil {
		t.Errorf("Convert = %d, %v", got, err)
	}
}

func BenchmarkConvert(b *testing.B) {
	book := NewBook(NewRate("EUR", 0.92))
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		if _, err := book.Convert(12345, "EUR"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFollow(b *testing.B) {
	b.ReportAllocs()
	updates := make(chan *Rate)
	done := make(chan struct{})
	book := NewBook()
	go func() {
		Follow(book, updates, time.Second, func(time.Duration) {})
		close(done)
	}()
	for i := 0; i < b.N; i++ {
		updates <- NewRate("EUR", float64(i))
	}
	close(updates)
	<-done
}
