# gnuplot -c throughput.gnuplot PNG DATA TITLE...
# A panel per title, side by side; its numbers are in DATA.0, DATA.1, ...: a
# line of names, then a line per number of clients.
panels = ARGC - 2

set terminal pngcairo size 560 * panels, 460 font 'DejaVu Sans,11' linewidth 1.5
set output ARG1
set multiplot layout 1, panels title 'Transfers per second' font ',13'

set linetype 1 linecolor rgb '#888888' linewidth 1.5 pointtype 5 pointsize 1.1
set linetype 2 linecolor rgb '#1f5fa8' linewidth 1.5 pointtype 7 pointsize 1.3
set linetype 3 linecolor rgb '#e07b00' linewidth 1.5 pointtype 9 pointsize 1.4
set linetype 4 linecolor rgb '#2a8f4a' linewidth 1.5 pointtype 13 pointsize 1.4

set logscale x 2
set xrange [0.8:80]
set yrange [0:*]
set grid ytics back linetype 1 linewidth 0.7 linecolor rgb '#c8c8c8' dashtype solid
set border 3
set tics nomirror
set xlabel 'clients (log scale)'
set ylabel 'transfers per second'
# room above the lines for the key, whatever their shape
set offsets 0, 0, graph 0.3, 0
set key top left reverse Left samplen 2

do for [panel = 1:panels] {
	data = sprintf('%s.%d', ARG2, panel - 1)
	stats data skip 1 nooutput
	set title ARGV[panel + 2]
	plot for [column = 2:STATS_columns] data using 1:column:xtic(1) \
		title columnheader(column) with linespoints linetype column - 1
}
unset multiplot
