module stackward/typefacts

go 1.23
